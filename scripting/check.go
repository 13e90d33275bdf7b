package scripting

import (
	"slices"
	"strings"

	"conquest/attribute"
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
		p := Problem{Severity: finding.Warning, Offset: pos, Unknown: body, Message: "no command: taken as a [scripts] entry or a file name"}
		if fix := nearestCommand(lower, c.dialect); fix != "" {
			p.Fix = "did you mean " + fix + "?"
		} else if strings.ContainsAny(word, "./\\") {
			p.Severity = finding.Hint
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
		if n := editDistance(word, name); n < distance && n < len(name)-1 {
			best, distance = name, n
		}
	}
	return best
}

func editDistance(a, b string) int {
	if len(a) > 24 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
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
