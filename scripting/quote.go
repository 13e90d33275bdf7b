package scripting

import (
	"runtime"
	"strings"

	"conquest/attribute"
	"conquest/finding"
	"conquest/scripting/shell"
)

// Values of the object that reach a shell, a file name, Lua or a script that is
// parsed again are quoted so that they stay values; the text of the script
// itself keeps its meaning.

// cleanPath is a file name: separators and parent directories in values of the
// object are replaced by underscores.
func cleanPath(v *value) string { return cleanPathOn(v, runtime.GOOS) }

func cleanPathOn(v *value, goos string) string {
	windows := goos == "windows"
	path := v.rewrite(func(s string, sp span) string {
		if sp.from != fromObject {
			return s
		}
		s = mapBytes(s, func(c byte) byte {
			if c == '/' || c == '\\' || c == 0 || windows && c == ':' {
				return '_'
			}
			return c
		})
		return strings.ReplaceAll(s, "..", "__")
	})
	if !windows || len(v.spans) == 0 {
		return path
	}
	return windowsNames(v, path)
}

// windowsNames makes the parts of a path in which values stand ordinary names.
func windowsNames(v *value, path string) string {
	var b strings.Builder
	for start := 0; start <= len(path); {
		end := start
		for end < len(path) && path[end] != '/' && path[end] != '\\' {
			end++
		}
		name := path[start:end]
		for k := start; k < end; k++ {
			if v.data(k) {
				name = attribute.WindowsName(name)
				break
			}
		}
		b.WriteString(name)
		if end < len(path) {
			b.WriteByte(path[end])
		}
		start = end + 1
	}
	return b.String()
}

// shellCommand is a command line for the shell of an operating system. The error
// tells that a value of the object can not be where the script puts it.
func shellCommand(v *value, goos string) (string, error) {
	if goos == "windows" {
		return shell.Windows(v.pieces())
	}
	return shell.Posix(v.pieces())
}

// pieces are the text and the values of v.
func (v *value) pieces() []shell.Piece {
	var list []shell.Piece
	at := 0
	for _, s := range v.spans {
		list = append(list, shell.Piece{Text: v.text[at:s.start]},
			shell.Piece{Text: v.text[s.start:s.end], Value: true, Own: s.from == fromServer})
		at = s.end
	}
	return append(list, shell.Piece{Text: v.text[at:]})
}

// shellPlaces notes the places of a part in which the shell would take values for
// something else.
func (r *reader) shellPlaces(p part) {
	v := r.line.slice(p.from, p.to)
	at := make([]int, 0, 2*len(v.spans)+1)
	for _, s := range v.spans {
		at = append(at, s.start, s.start)
	}
	for _, n := range shell.Check(v.pieces(), runtime.GOOS) {
		r.note(finding.Warning, p.from+at[n.Piece], "a value here is "+n.Why+": the command is run only when it is harmless",
			`hand it over as an argument: sh -c '... "$1"' sh VALUE`)
	}
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
	v := value{text: s, spans: []span{{0, len(s), fromServer}}}
	command, _ := shellCommand(&v, goos) // a file name of this server is never refused
	return command
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
