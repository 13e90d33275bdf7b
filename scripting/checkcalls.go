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
			at = len(st.command.prefix)
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
		c, ok := st.parsed.args.(chunk)
		if !ok {
			continue
		}
		shape, _ := shapeOf(st.pieces)
		if text := neutral(shape.text[c.text.from:c.text.to]); text != "" {
			list = append(list, Mention{text, st.offset + st.at + sourceOffset(st.pieces, c.text.from)})
		}
	}
	return list
}

// neutral is the shape of a statement with 0 for its variables, which stands for
// a number as well as for a part of a string.
func neutral(shape string) string {
	return mapBytes(shape, func(c byte) byte {
		switch c {
		case hole:
			return '0'
		case '\n', '\t':
			return ' '
		}
		return c
	})
}
