package scripting

import "strings"

// Mention is a part of a text that names or holds another script.
type Mention struct {
	Text   string
	Offset int // byte in the text
}

// Calls lists the scripts and files that text calls, names with % variables
// left out: those of call, and statements that are no command, without the
// arguments of Lua files. In exports only call runs scripts.
func Calls(text string, d Dialect) []Mention {
	var list []Mention
	p := Compile(d, text)
	for i := range p.statements {
		st := &p.statements[i]
		name, at := "", 0
		switch {
		case st.command != nil && st.command.name == "call":
			at = len("call ")
			name = st.body[min(at, len(st.body)):]
		case st.command == nil && st.decided && d == ImportDialect:
			name, _, _ = strings.Cut(st.body, "(")
		}
		name = strings.TrimRight(name, " ")
		if name != "" && !strings.Contains(name, "%") {
			list = append(list, Mention{name, st.offset + st.at + at})
		}
	}
	return list
}

// Chunks lists the Lua chunks of a text, those of lua "..." and lua:..., with 0
// in the place of each variable.
func Chunks(text string, d Dialect) []Mention {
	var list []Mention
	p := Compile(d, text)
	for i := range p.statements {
		st := &p.statements[i]
		if st.command == nil || !strings.HasPrefix(st.command.name, "lua") {
			continue
		}
		const opening = len(`lua "`) // or lua:
		body := neutral(st.pieces)
		start := opening
		if at(body, 3) == ':' {
			start = len("lua:")
		} else if len(body) > opening {
			body = body[:len(body)-1]
		}
		if len(body) > start {
			list = append(list, Mention{body[start:], st.offset + st.at + start})
		}
	}
	return list
}

// neutral is a statement with 0 for its variables.
func neutral(pieces []piece) string {
	var b strings.Builder
	for i := range pieces {
		switch p := &pieces[i]; p.letter {
		case 0:
			b.WriteString(p.text)
		case '%', '^', '~', '[':
			b.WriteByte(p.letter)
		case 'n', 't':
			b.WriteByte(' ')
		default:
			b.WriteByte('0')
		}
	}
	return b.String()
}
