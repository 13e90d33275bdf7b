package shell

import (
	"slices"
	"strings"
)

// Windows is a command for cmd.exe, which can not escape quotes and percent
// signs: they are replaced in values.
func Windows(pieces []Piece) (string, error) {
	text, values, _ := flatten(pieces)
	places := windowsPlaces(text)
	var b strings.Builder
	n := 0
	for i := range len(text) {
		if text[i] != hole {
			b.WriteByte(text[i])
			continue
		}
		s, err := places[n].putWindows(values[n])
		if err != nil {
			return "", err
		}
		b.WriteString(s)
		n++
	}
	return b.String(), nil
}

// again are programs of Windows that read their arguments as commands.
var windowsReaders = []string{"cmd", "powershell", "pwsh", "wsl", "bash", "sh", "for", "wscript", "cscript", "mshta", "rundll32", "msbuild", "call", "perl", "python", "php", "node"}

// windowsPlaces finds the places of values: in quotes, behind a caret, as the
// name of a program, or as an argument of a program that reads commands.
func windowsPlaces(text string) []place {
	var (
		places  []place
		quoted  bool
		caret   bool
		command = true // the name of the program is still read
		begun   bool   // of the present word there is something
		name    []byte
		reader  bool // the program reads commands
		pass    int  // words of a condition before the program
	)
	end := func() {
		if command && begun {
			base := strings.ToLower(string(name))
			base = strings.TrimSuffix(base[strings.LastIndexAny(base, `\/`)+1:], ".exe")
			switch {
			case pass > 0 && (base == "not" || base == "i"):
			case pass > 0 && (base == "exist" || base == "defined" || base == "errorlevel"):
				pass = 1
			case pass > 0:
				pass--
			case base == "if":
				pass = 2 // the two sides of ==
			case base == "start" || base == "do" || base == "else":
			default:
				reader, command = slices.Contains(windowsReaders, base), false
			}
		}
		begun, name = false, name[:0]
	}
	for i := range len(text) {
		c := text[i]
		if c == hole {
			pl := place{alone: true}
			if quoted {
				pl.quote = '"'
			}
			switch {
			case pass > 0:
			case command && !begun:
				pl.kind = program
			case command:
				pl.kind = program2
			case caret || reader:
				pl.kind = script
			case redirected(text[:i]):
				pl.kind = target
			}
			places, begun, caret = append(places, pl), true, false
			continue
		}
		switch {
		case caret:
			caret = false
			begun = true
		case c == '^' && !quoted:
			caret = true
		case c == '"':
			quoted = !quoted
			continue
		case !quoted && strings.IndexByte("&|()\n", c) >= 0:
			end()
			command, reader, name, begun = true, false, name[:0], false
		case !quoted && strings.IndexByte(" \t,;=", c) >= 0:
			end()
		case command:
			name, begun = append(name, c), true
		}
	}
	return places
}

// redirected tells whether the word at the end of text is the file of a
// redirection.
func redirected(text string) bool {
	i := strings.LastIndexAny(text, "<>&|")
	return i >= 0 && (text[i] == '>' || text[i] == '<') && !strings.ContainsAny(strings.TrimLeft(text[i+1:], " \t"), " \t")
}

// putWindows is a value for its place.
func (p *place) putWindows(v Piece) (string, error) {
	s := withoutControls(v.Text)
	refused := &RefusedError{Value: v.Text, Why: p.kind.why()}
	k := p.kind
	if v.Own && k.trusts() {
		k = argument
	}
	switch k {
	case program:
		return "", refused
	case program2:
		if !consists(s, "_.-") || strings.Contains(s, "..") {
			return "", refused
		}
	case script:
		return raw(s, refused, !consists(s, " _.,:+=-"))
	case target:
		s = strings.ReplaceAll(inName(s), ":", "_")
	}
	if p.quote == '"' || s != "" && isPlainWindows(s) {
		return s, nil
	}
	return `"` + s + `"`, nil
}

// withoutControls replaces what cmd.exe reads inside quotes, and what ends a
// line.
func withoutControls(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c == 0:
		case c < ' ':
			b = append(b, ' ')
		case c == '"':
			b = append(b, '\'')
		case c == '%':
			b = append(b, '_')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func isPlainWindows(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && strings.IndexByte(`_-./:\+@`, c) < 0 {
			return false
		}
	}
	return true
}
