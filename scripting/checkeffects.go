package scripting

import "strings"

// Effects is what a text does to every object, whatever is in it, and what it
// names.
type Effects struct {
	// Drops is the command that keeps every object from being stored, although
	// nothing before it in the line sends, saves or hands it on; "" for none.
	Drops       string
	DropsOffset int
	// Guarded tells that the text has conditions.
	Guarded bool
	// Identity tells that names or IDs are changed.
	Identity bool
	// Codes are the compressions that are named, Programs the first words of
	// command lines; those with variables are left out.
	Codes    []Mention
	Programs []Mention
}

// identityTags are what is changed to make objects anonymous, or to mend them.
var identityTags = map[string]bool{"0010,0010": true, "0010,0020": true, "0010,0030": true, "0008,0050": true, "0020,000d": true, "0020,000e": true, "0008,0018": true}

// EffectsOf reads what a text does.
func EffectsOf(text string, d Dialect) Effects {
	var e Effects
	c := checker{dialect: d, prog: Compile(d, text)}
	handedOn := false
	depth := 0
	for i := range c.prog.statements {
		st := &c.prog.statements[i]
		switch st.brace {
		case '{':
			depth++
		case '}':
			depth--
		}
		if st.command == nil {
			handedOn = handedOn || st.body != ""
			if d == ExportDialect && st.decided {
				e.program(st, part{0, len(st.body)})
			}
			e.Guarded = e.Guarded || !st.decided
			continue
		}
		e.statement(st)
		switch {
		case st.command.tests:
			e.Guarded = true
		case st.command.drops:
			if !handedOn && depth == 0 && (i == 0 || !c.conditional(i-1)) && e.Drops == "" && !st.command.is("reject") {
				e.Drops, e.DropsOffset = st.command.name, st.offset+st.at
			}
		case !st.command.is("nop"):
			handedOn = true
		}
	}
	return e
}

func (c *command) is(name string) bool { return c.name == name }

// statement notes what a statement names and changes.
func (e *Effects) statement(st *statement) {
	at := st.offset + st.at
	code := func(s string) {
		if s != "" && strings.IndexByte(s, hole) < 0 {
			e.Codes = append(e.Codes, Mention{s, at + max(strings.Index(st.body, s), 0)})
		}
	}
	switch a := st.parsed.args.(type) {
	case forwardArgs:
		code(a.compression)
	case *delayedArgs:
		code(a.command.Compression)
	case assignment:
		e.Identity = e.Identity || a.variable == 0 && !a.unknown && st.parsed.void == "" && identityTags[a.target.Tag.String()]
	case uidArgs:
		e.Identity = e.Identity || st.command.is("newuids")
	case part:
		shape, _ := shapeOf(st.pieces)
		switch text := shape.text[a.from:a.to]; st.command.name {
		case "compression":
			code(text)
		case "system", "process with":
			e.program(st, a)
		}
	}
}

// program notes the first word of a command line.
func (e *Effects) program(st *statement, p part) {
	shape, _ := shapeOf(st.pieces)
	text := shape.text[min(p.from, len(shape.text)):]
	name := text
	if strings.HasPrefix(text, `"`) {
		name, _, _ = strings.Cut(text[1:], `"`)
	} else if i := strings.IndexAny(text, " ;&|<>()\t"); i >= 0 {
		name = text[:i]
	}
	if name != "" && strings.IndexByte(name, hole) < 0 {
		e.Programs = append(e.Programs, Mention{name, st.offset + st.at + sourceOffset(st.pieces, p.from)})
	}
}
