package scripting

import "conquest/finding"

// command is the grammar of one command: what it begins with, how its arguments
// are read and what they do. Running, [Check], [Targets], [Calls] and [Chunks]
// all see the arguments that parse gives.
type command struct {
	prefix  string // lower case, with the blanks and quotes that belong to it
	exact   bool   // nothing may follow
	name    string // for traces
	delayed bool   // enters the delayed queue
	drops   bool   // keeps the object from being stored
	tests   bool   // a condition
	grammar
}

// grammar is the part of a command that knows its arguments.
type grammar struct {
	parse func(r *reader) any
	run   func(x *exec, args any)
}

// with joins the two halves of a grammar.
func with[A any](parse func(r *reader) A, run func(x *exec, args A)) grammar {
	return grammar{
		parse: func(r *reader) any { return parse(r) },
		run:   func(x *exec, args any) { run(x, args.(A)) },
	}
}

// plain is the grammar of a command that does not look at what follows.
func plain(run func(x *exec)) grammar {
	return with(func(r *reader) struct{} { r.restOfLine(); return struct{}{} }, func(x *exec, _ struct{}) { run(x) })
}

// part is a piece [from,to) of a statement, taken at run time by [exec.take].
type part struct{ from, to int }

// parsed is what a grammar made of a statement.
type parsed struct {
	args     any
	void     string // not empty: why the statement does nothing
	problems []Problem
}

// hole stands in the shape of a statement for a variable. It cannot occur in a
// text, which ends at a NUL.
const hole = 0

// reader reads the arguments of a statement: of its shape when the text is
// compiled, of the expanded line when only that can tell.
type reader struct {
	line  value
	start int    // where the arguments begin
	free  []part // what is taken as it is, whatever variables give
	parsed
}

// parse reads the arguments of a line that begins with c.
func (c *command) parseLine(line value) *reader {
	r := &reader{line: line, start: len(c.prefix)}
	r.args = c.parse(r)
	return r
}

// parseShape reads the arguments of a statement that is not expanded yet. They
// are fixed when each variable stands in a part that is taken as it is. %x, %y
// and %z hold text of scripts, which may be more than a value.
func parseShape(c *command, pieces []piece) (p parsed, fixed bool) {
	shape, fixed := shapeOf(pieces)
	r := c.parseLine(shape)
	for i := range r.problems {
		r.problems[i].Offset = sourceOffset(pieces, r.problems[i].Offset)
	}
	for _, s := range shape.spans {
		covered := shape.text[s.start] != hole
		for _, f := range r.free {
			covered = covered || f.from <= s.start && s.end <= f.to
		}
		fixed = fixed && covered
	}
	return r.parsed, fixed
}

// shapeOf is a statement with a hole for each variable that is not a constant;
// keeps tells that no hole can hold text of a script.
func shapeOf(pieces []piece) (shape value, keeps bool) {
	text, keeps := []byte(nil), true
	for i := range pieces {
		p, start := &pieces[i], len(text)
		if s, constant := p.constant(); constant {
			text = append(text, s...)
			if p.data {
				shape.spans = append(shape.spans, span{start, len(text), fromObject})
			}
			continue
		}
		keeps = keeps && (p.letter < 'x' || p.letter > 'z')
		text = append(text, hole)
		shape.spans = append(shape.spans, span{start, len(text), p.origin()})
	}
	shape.text = string(text)
	return shape, keeps
}

// origin tells where the text of a variable comes from.
func (p *piece) origin() origin {
	switch p.letter {
	case 'f', 'b', 'p', 'd', 'g':
		return fromServer
	}
	return fromObject
}

// constant is the text of a piece that is always the same.
func (p *piece) constant() (string, bool) {
	if p.cut.on || p.fold != 0 {
		return "", false
	}
	switch p.letter {
	case 0:
		return p.text, true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case '%', '^', '~', '[':
		return string(rune(p.letter)), true
	}
	return "", false
}

// sourceOffset is the byte in the body of a statement that byte i of its shape
// comes from.
func sourceOffset(pieces []piece, i int) int {
	at := 0
	for k := range pieces {
		p, n := &pieces[k], 1
		if p.letter == 0 {
			n = len(p.text)
		}
		if i < n {
			if p.letter != 0 {
				i = 0
			}
			return p.at + i
		}
		i -= n
		at = p.at + n
	}
	return at
}

// take marks a part as taken as it is.
func (r *reader) take(from, to int) part {
	n := len(r.line.text)
	p := part{min(from, n), min(to, n)}
	p.to = max(p.to, p.from)
	r.free = append(r.free, p)
	return p
}

// restOfLine takes everything behind the prefix.
func (r *reader) restOfLine() part { return r.take(r.start, len(r.line.text)) }

// text is the literal text of the arguments; parts of it that are used make the
// statement depend on its variables.
func (r *reader) text() string { return r.line.text[r.start:] }

// index finds sep at or after byte i outside values, -1 when it is not there.
func (r *reader) index(sep string, i int) int { return r.line.index(sep, i) }

// lastQuote is the place of the last double quote at or after byte i, -1 when
// there is none.
func (r *reader) lastQuote(i int) int {
	for k := len(r.line.text) - 1; k >= i; k-- {
		if r.line.text[k] == '"' {
			return k
		}
	}
	return -1
}

// open tells whether a variable that is not known yet stands at byte i.
func (r *reader) open(i int) bool { return i < len(r.line.text) && r.line.text[i] == hole }

// holds tells whether a part has values of the object or variables in it.
func (r *reader) holds(p part) bool {
	for _, s := range r.line.spans {
		if s.start < p.to && p.from < s.end {
			return true
		}
	}
	return false
}

// note reports a problem at byte i of the statement.
func (r *reader) note(s finding.Severity, i int, message, fix string) {
	r.problems = append(r.problems, Problem{Severity: s, Offset: i, Message: message, Fix: fix})
}

// ignore tells why a statement does nothing, which the original does not say.
func (r *reader) ignore(message, fix string) {
	r.void = message
	r.note(finding.Error, 0, message, fix)
}

// take is a part of the current statement with its variables replaced.
func (x *exec) take(p part) value {
	return x.line.slice(x.place(p.from), x.place(p.to))
}

// string is the text of a part, for those that do not ask where it came from.
func (x *exec) string(p part) string { return x.line.text[x.place(p.from):x.place(p.to)] }

// mark is where a piece of the shape of a statement stands in the line.
type mark struct{ shape, line int }

// place is where byte i of the shape of the current statement stands.
func (x *exec) place(i int) int {
	for k := len(x.marks) - 1; k >= 0; k-- {
		if m := x.marks[k]; m.shape <= i {
			return m.line + i - m.shape
		}
	}
	return i
}

// tail is the grammar of a command whose argument is all that follows.
func tail(run func(x *exec, p part)) grammar { return with((*reader).restOfLine, run) }

// number is the grammar of a command whose argument is an integer.
func number(run func(x *exec, n int)) grammar {
	return with(func(r *reader) int { return atoi(r.text()) }, run)
}
