package scripting

import "strings"

// Values of the object that reach a shell, a file name, Lua or a script that is
// parsed again are quoted so that they stay values; the text of the script
// itself keeps its meaning.

// cleanPath is a file name: separators and parent directories in values of the
// object are replaced by underscores.
func cleanPath(v *value) string {
	return v.rewrite(func(s string, sp span) string {
		if sp.from != fromObject {
			return s
		}
		s = mapBytes(s, func(c byte) byte {
			if c == '/' || c == '\\' || c == 0 {
				return '_'
			}
			return c
		})
		return strings.ReplaceAll(s, "..", "__")
	})
}

// shellCommand is a command line for the shell of an operating system.
func shellCommand(v *value, goos string) string {
	if len(v.spans) == 0 {
		return v.text
	}
	if goos == "windows" {
		return v.rewrite(func(s string, sp span) string {
			return windowsValue(s, v.quotedAt(sp.start))
		})
	}
	return v.rewrite(func(s string, sp span) string {
		switch shellState(v, sp.start) {
		case '"':
			return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s)
		case '\'':
			return strings.ReplaceAll(s, "'", `'\''`)
		}
		alone := s == "" && at(v.text, sp.start-1) == ' ' && (sp.end == len(v.text) || v.text[sp.end] == ' ')
		if s == "" && !alone {
			return ""
		}
		return shellArgument(s, goos)
	})
}

// shellState is the quote that is open before byte i, counting only the text
// of the script.
func shellState(v *value, i int) byte {
	var open byte
	for k := 0; k < i; k++ {
		if v.inSpan(k) {
			continue
		}
		switch c := v.text[k]; {
		case c == '\\' && open != '\'':
			k++
		case open == 0 && (c == '"' || c == '\''):
			open = c
		case c == open:
			open = 0
		}
	}
	return open
}

// quotedAt tells whether a double quote of the script is open before byte i.
func (v *value) quotedAt(i int) bool {
	open := false
	for k := 0; k < i; k++ {
		if v.text[k] == '"' && !v.inSpan(k) {
			open = !open
		}
	}
	return open
}

func mapBytes(s string, f func(byte) byte) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = f(c)
	}
	return string(b)
}

// inSpan tells whether byte i belongs to any value.
func (v *value) inSpan(i int) bool {
	for _, s := range v.spans {
		if i >= s.start && i < s.end {
			return true
		}
	}
	return false
}

// shellArgument is one argument, quoted when it needs to be.
func shellArgument(s, goos string) string {
	if goos == "windows" {
		return windowsValue(s, false)
	}
	if s != "" && isPlainWord(s) {
		return s
	}
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", `'\''`) + "'"
}

func isPlainWord(s string) bool {
	if s[0] == '-' || s[0] == '~' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isAlnum(c) && strings.IndexByte("_-./:,=+@", c) < 0 {
			return false
		}
	}
	return true
}

// windowsValue makes a value safe for cmd.exe, which cannot escape quotes and
// percent signs.
func windowsValue(s string, quoted bool) string {
	s = mapBytes(s, func(c byte) byte {
		switch {
		case c == '"':
			return '\''
		case c == '%':
			return '_'
		case c < ' ':
			return ' '
		}
		return c
	})
	if quoted {
		return s
	}
	plain := s != ""
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isAlnum(c) && strings.IndexByte(`_-./:\+@`, c) < 0 {
			plain = false
		}
	}
	if plain {
		return s
	}
	return `"` + s + `"`
}

// Quote makes s a string of the language that stands for s, with its quotes:
// for scripts that are put together by a program.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`"`, `""`, "%", "%%", "\x00", "").Replace(s) + `"`
}

// scriptText is text to be parsed as a script later, with values escaped.
func scriptText(v *value) string {
	return v.rewrite(func(s string, sp span) string {
		s = strings.ReplaceAll(s, "%", "%%")
		if v.quotedAt(sp.start) {
			return strings.ReplaceAll(s, `"`, `""`)
		}
		s = strings.NewReplacer(`"`, "", ";", " ", "{", "", "}", "").Replace(s)
		return strings.ReplaceAll(s, ":", "")
	})
}

// luaText is a Lua chunk: values inside string literals are escaped, elsewhere
// only letters, digits and .-+_ of them are kept.
func luaText(v *value) string {
	return v.rewrite(func(s string, sp span) string {
		switch luaState(v, sp.start) {
		case '"', '\'':
			return luaEscaper.Replace(s)
		case '[':
			return strings.ReplaceAll(s, "]", "")
		}
		return strings.Map(func(r rune) rune {
			if r < 128 && (isAlnum(byte(r)) || strings.ContainsRune(".-+_ ", r)) {
				return r
			}
			return -1
		}, strings.ReplaceAll(s, "--", "-"))
	})
}

var luaEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)

// luaState is the kind of literal or comment that is open before byte i: a
// quote, '[' for a long bracket or a comment, 0 for code.
func luaState(v *value, i int) byte {
	var open byte
	for k := 0; k < i; k++ {
		if v.inSpan(k) {
			continue
		}
		c := v.text[k]
		switch {
		case open == '"' || open == '\'':
			if c == '\\' {
				k++
			} else if c == open {
				open = 0
			}
		case open == '[':
			if c == ']' && at(v.text, k+1) == ']' {
				open = 0
				k++
			}
		case c == '"' || c == '\'':
			open = c
		case c == '[' && at(v.text, k+1) == '[':
			open = '['
			k++
		}
	}
	return open
}
