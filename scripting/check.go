package scripting

import (
	"slices"
	"strconv"
	"strings"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/finding"
)

// Problem is something that [Check] found in a text.
type Problem struct {
	Severity finding.Severity
	Offset   int // byte in the text, from 0
	Message  string
	Fix      string // what to write instead; may be empty

	// Unknown is a name, or a statement that is no command: there is no problem
	// when a [scripts] entry or a file has that name.
	Unknown string
}

// maxLine is what the reader of dicom.ini leaves of a value.
const maxLine = 511

// Check looks for statements that cannot do what they say: unknown commands,
// conditions that are ignored, unbalanced braces, export lines with import
// commands, objects destroyed before a delayed forward.
func Check(text string, d Dialect) []Problem {
	c := checker{dialect: d, prog: Compile(d, text)}
	if len(text) > maxLine {
		c.add(finding.Error, maxLine, "the line has "+itoa(len(text))+" bytes; what stands behind byte 511 is cut off", "put statements into a script file or a [scripts] entry")
	}
	if strings.Count(text, `"`)%2 == 1 && !strings.Contains(strings.ToLower(text), "lua") {
		c.add(finding.Warning, strings.LastIndexByte(text, '"'), "a quote is not closed: semicolons behind it do not end a statement", "")
	}
	for i := range c.prog.statements {
		c.statement(i, &c.prog.statements[i])
	}
	c.blocks()
	c.ends()
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Offset - b.Offset })
	return c.problems
}

type checker struct {
	dialect  Dialect
	prog     *Program
	problems []Problem
}

func (c *checker) add(s finding.Severity, offset int, message, fix string) {
	c.problems = append(c.problems, Problem{Severity: s, Offset: offset, Message: message, Fix: fix})
}

// verb is the name of the command of statement i, "" when unknown.
func (c *checker) verb(i int) string {
	if i < 0 || i >= len(c.prog.statements) {
		return ""
	}
	if cmd := c.prog.statements[i].command; cmd != nil {
		return cmd.name
	}
	return ""
}

// drops tells whether statement i keeps the object from being stored.
func (c *checker) drops(i int) bool {
	return i >= 0 && i < len(c.prog.statements) && c.prog.statements[i].drops()
}

func (st *statement) drops() bool { return st.command != nil && st.command.drops }

// statement reports what the grammar of a statement found, and what only its
// neighbours tell.
func (c *checker) statement(i int, st *statement) {
	pos := st.offset + st.at
	if st.body == "" {
		return
	}
	if b := st.body[0]; b == '{' || b == '}' {
		many := "only one brace is"
		if c.dialect == ExportDialect {
			many = "only two braces are"
		}
		c.add(finding.Error, pos, many+" read at the beginning of a statement", "put a semicolon between the braces")
		return
	}
	c.variables(st)
	if st.command == nil {
		if c.dialect == ExportDialect && strings.Contains(st.body, "%") {
			c.program(st, pos)
		}
		if st.decided {
			c.unknown(st, pos)
		}
		return
	}
	c.swallowed(st, pos)
	c.remark(st, pos)
	for _, p := range st.parsed.problems {
		p.Offset += pos
		c.problems = append(c.problems, p)
	}
	if st.command.tests && st.parsed.void == "" {
		c.condition(i, st, pos)
	}
}

// program checks the values in the command line of an unknown export statement.
func (c *checker) program(st *statement, pos int) {
	shape, _ := shapeOf(st.pieces)
	r := reader{line: shape}
	r.shellPlaces(part{0, len(shape.text)})
	for _, p := range r.problems {
		p.Offset = pos + sourceOffset(st.pieces, p.Offset)
		c.problems = append(c.problems, p)
	}
}

// unknown explains a statement that is no command.
func (c *checker) unknown(st *statement, pos int) {
	body := st.body
	word, _, _ := strings.Cut(body, " ")
	lower := mapASCII(word, 'A', 'Z', 32)
	switch {
	case strings.HasPrefix(body, " "):
		c.add(finding.Error, pos, "a blank before the command makes it unknown", "remove the blank")
	case strings.HasPrefix(lower, "dofile"):
		c.add(finding.Error, pos, "this is Lua, not a command", "write FILE.lua(arguments) or lua:"+body)
	case lower == "else":
		c.add(finding.Error, pos, "there is no else", "write the opposite condition")
	case strings.HasPrefix(lower, "if"), lower == "between":
		c.add(finding.Error, pos, `the condition is not understood and the next statement always runs`, `write `+lower+` "a", "b"`)
	case c.dialect == ExportDialect:
		if cmd := recognize(ImportDialect, body); cmd != nil {
			c.add(finding.Error, pos, cmd.name+" does not exist in export converters: the line is given to the shell", "use an import converter, or call a script and forward the object it changed")
			return
		}
		if fix := nearestCommand(lower, c.dialect); fix != "" {
			c.add(finding.Warning, pos, "no command: the line is run as a program", "did you mean "+fix+"?")
		}
	default:
		p := Problem{Severity: finding.Error, Offset: pos, Unknown: body, Message: "no command, no [scripts] entry and no file: nothing is done"}
		if fix := nearestCommand(lower, c.dialect); fix != "" {
			p.Fix = "did you mean " + fix + "?"
		} else if strings.ContainsAny(word, "./\\") {
			name, _, _ := strings.Cut(word, "(")
			p.Message = "no command, and there is no file " + name + ": nothing is done"
			p.Fix = "write the path from the folder of dicom.ini"
		}
		c.problems = append(c.problems, p)
	}
}

// nearestCommand is the command whose first word differs from word by at most
// two letters.
func nearestCommand(word string, d Dialect) string {
	best, distance := "", 3
	for _, cmd := range d.commands() {
		name, _, _ := strings.Cut(cmd.name, " ")
		if n := finding.Distance(word, name); n < distance && n < len(name)-1 {
			best, distance = name, n
		}
	}
	return best
}

// swallowed finds lua: inside a statement, which takes the rest of the line.
func (c *checker) swallowed(st *statement, pos int) {
	i := strings.Index(strings.ToLower(st.body), "lua:")
	if i > 0 && !strings.Contains(st.command.name, "lua") && !strings.Contains(strings.ToLower(st.body[:i]), "script ") &&
		strings.Count(st.body[:i], `"`)%2 == 0 && strings.Contains(st.body[i:], ";") {
		c.add(finding.Warning, pos+i, "lua: makes the whole rest of the line part of this statement", "")
	}
}

// variables checks the % items of a statement.
func (c *checker) variables(st *statement) {
	for i := range st.pieces {
		p := &st.pieces[i]
		pos := st.offset + st.at + p.at
		switch p.letter {
		case 0, 'f', 'b', 'p', 'm', 's', 'o', 'i', 'u', 'c', 'd', 'n', 't', '%', '^', '~', '[', 'g':
		case 'v', 'a', 'e', 'r':
			c.path(p.path, pos)
			c.digits(st, p, pos)
			c.sequences(p.path, pos)
		case 'x', 'y', 'z', 'q':
			if c.dialect == ExportDialect {
				c.add(finding.Warning, pos, "%"+string(rune(p.letter))+" is empty in export converters", "")
			} else if p.letter == 'q' && p.path.Bad {
				c.path(p.path, pos)
			}
		case 'k':
		case '?':
			c.add(finding.Warning, pos, "a percent sign at the end is dropped", "write %% for a percent sign")
		default:
			c.add(finding.Warning, pos, "%"+string(rune(p.letter))+" is no variable and disappears", "write %% for a percent sign")
		}
	}
}

func (c *checker) path(p *attribute.Path, pos int) {
	for ; p != nil; p = p.Next {
		if p.Object != nil {
			c.path(p.Object, pos)
			continue
		}
		if p.Bad {
			c.add(finding.Error, pos, "no element is named here: the variable is empty and the name stays in the text", "write gggg,eeee or a keyword of the dictionary, with its capitals")
			return
		}
		if p.Next != nil && p.Next.Bad && p.Rest == "" {
			return
		}
	}
}

// digits finds tags whose numbers are not written with four digits: the columns
// are fixed, so that what follows is taken for a part of them.
func (c *checker) digits(st *statement, p *piece, pos int) {
	text := st.body[min(p.at+len("%V"), len(st.body)):]
	for _, prefix := range []string{"(", "/", "*"} {
		text = strings.TrimPrefix(text, prefix)
	}
	if !isHex(at(text, 0)) || at(text, 4) != ',' {
		return
	}
	for i := range len("gggg,eeee") {
		if i != 4 && !isHex(at(text, i)) {
			c.add(finding.Error, pos, "a tag has four digits before and behind the comma; here "+strconv.Quote(text[:min(9, len(text))])+" is taken for it", "write gggg,eeee")
			return
		}
	}
}

// commonItem is the highest number of an item that is not remarkable.
const commonItem = 2

// sequences finds paths that do not lead through a sequence as they are meant to.
func (c *checker) sequences(p *attribute.Path, pos int) {
	dict := dicom.CurrentDictionary()
	for ; p != nil && !p.Bad && p.Object == nil; p = p.Next {
		name := p.Tag.String()
		vr := dict.VR(p.Tag)
		switch {
		case !p.InItem && !p.Any && vr == dicom.SQ:
			c.add(finding.Warning, pos, name+" is a sequence: its text is (sequence)", "write %V/"+name+"/gggg,eeee for an element of its first item")
		case p.InItem && vr != dicom.SQ && vr != dicom.UN && p.Next != nil && !p.Next.Bad:
			c.add(finding.Warning, pos, name+" is no sequence: the rest of the path stays in the text", "")
		case p.InItem && vr == dicom.SQ && (p.AtEnd || p.Next != nil && p.Next.Bad):
			c.add(finding.Warning, pos, "an item of "+name+" is named, but no element of it", "write %V/"+name+".0/gggg,eeee")
		case p.InItem && p.Index > commonItem:
			c.add(finding.Hint, pos, "items are counted from 0, and where there is none the rest of the path stays in the text: ."+itoa(p.Index)+" is item "+itoa(p.Index+1), "")
		}
	}
}

// remark finds what looks like a comment behind a statement.
func (c *checker) remark(st *statement, pos int) {
	if _, shell := st.parsed.args.(part); shell && (st.command.name == "system" || st.command.name == "process with") || st.command.delayed || strings.HasPrefix(st.command.name, "lua") {
		return
	}
	quoted := false
	for i := range len(st.body) {
		switch rest := st.body[i:]; {
		case rest[0] == '"':
			quoted = !quoted
		case !quoted && (strings.HasPrefix(rest, " # ") || strings.HasPrefix(rest, " // ")):
			c.add(finding.Warning, pos+i+1, "there are no comments in a rule: this is a part of the statement", "write it above the line, behind a #")
			return
		}
	}
}

// ends finds statements that never run, because one before them ends the line for
// every object.
func (c *checker) ends() {
	depth := 0
	for i := range c.prog.statements {
		st := &c.prog.statements[i]
		switch st.brace {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth != 0 || st.command == nil || !st.command.ends(c.dialect) || i > 0 && c.conditional(i-1) {
			continue
		}
		for k := i + 1; k < len(c.prog.statements); k++ {
			if next := &c.prog.statements[k]; next.body != "" {
				c.add(finding.Warning, next.offset+next.at, "this never runs: "+st.command.name+" before it ends the line", "put a condition before "+st.command.name)
				return
			}
		}
		return
	}
}

// conditional tells whether statement i decides on the next one.
func (c *checker) conditional(i int) bool {
	st := &c.prog.statements[i]
	return st.command != nil && st.command.tests || st.command == nil && !st.decided
}

// ends tells whether no statement behind the command runs.
func (c *command) ends(d Dialect) bool {
	switch c.name {
	case "stop", "silentstop", "return":
		return true
	case "defer":
		return d == ExportDialect
	}
	return c.drops && d == ImportDialect
}
