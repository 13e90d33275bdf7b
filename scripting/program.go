package scripting

import (
	"strings"

	"conquest/attribute"
)

// Dialect is one of the two interpreters of the language.
type Dialect int

// The dialects.
const (
	ImportDialect Dialect = iota // on an object in memory
	ExportDialect                // on a stored file
)

// braces is the number of braces that are taken off a statement. Only the first
// begins or ends a block.
func (d Dialect) braces() int {
	if d == ExportDialect {
		return 2
	}
	return 1
}

// Program is a compiled text. It is immutable.
type Program struct {
	dialect    Dialect
	text       string
	statements []statement
}

// statement is one part of a line. Parts are numbered from 0, empty ones and
// closing braces included.
type statement struct {
	offset  int    // in the text
	raw     string // as written, without the semicolon
	brace   byte   // '{', '}' or 0: the first character
	body    string // raw without the brace and the blanks after it
	at      int    // offset of body in raw
	pieces  []piece
	command *command // nil when only the expanded text can tell
	decided bool     // command was recognised without expanding (nil: unknown command)
	parsed  parsed   // arguments of command, read from the shape
	fixed   bool     // no variable can change what parsed says
}

// piece is a literal or a variable of a statement.
type piece struct {
	letter byte // lower case; 0 for a literal
	at     int  // in the body
	text   string
	data   bool // literal that came from an object, of an enclosing script
	path   *attribute.Path
	level  byte // of %Q
	cut    cut
	fold   byte // '^', '~' or 0
}

// cut is a suffix [a,b] or [,n].
type cut struct {
	on   bool
	last bool
	a, b int
}

// Compile parses text; every text is a program. Keywords are looked up in the
// dictionary that is in use now.
func Compile(d Dialect, text string) *Program {
	return compileValue(d, value{text: text})
}

func compileValue(d Dialect, v value) *Program {
	if i := strings.IndexByte(v.text, 0); i >= 0 {
		v = v.slice(0, i)
	}
	p := &Program{dialect: d, text: v.text}
	for pos := 0; pos < len(v.text) || pos == 0; {
		end, next := statementEnd(&v, pos)
		p.statements = append(p.statements, compileStatement(d, v.slice(pos, end), pos))
		pos = next
		if next >= len(v.text) {
			break
		}
	}
	return p
}

// statementEnd finds the end of the statement that begins at pos and the
// beginning of the next (docs/original/scripting.md 2.1).
func statementEnd(v *value, pos int) (end, next int) {
	text, quoted := v.text, false
	for k := pos; k < len(text); k++ {
		switch c := text[k]; {
		case c != '"' && c != ';' && c != 'l' && c != 'L', len(v.spans) > 0 && v.data(k):
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ';':
			next = k + 1
			for next < len(text) && text[next] == ' ' {
				next++
			}
			return k, next
		case hasPrefixFold(text[k:], "lua:"):
			return len(text), len(text)
		}
	}
	return len(text), len(text)
}

func compileStatement(d Dialect, v value, offset int) statement {
	st := statement{offset: offset, raw: v.text}
	for range d.braces() {
		c := at(v.text, st.at)
		if c != '{' && c != '}' || v.data(st.at) {
			break
		}
		if st.brace == 0 {
			st.brace = c
		}
		for st.at++; at(v.text, st.at) == ' '; st.at++ {
		}
	}
	body := v.from(st.at)
	st.body = body.text
	st.pieces = compilePieces(d, &body)
	st.command, st.decided = recognizeEarly(d, st.pieces)
	if st.command != nil {
		st.parsed, st.fixed = parseShape(st.command, st.pieces)
	}
	return st
}

// compilePieces splits a statement at its variables. A pair of quotes inside a
// string stands for one.
func compilePieces(d Dialect, v *value) []piece {
	var (
		pieces []piece
		lit    []byte
		isData bool
		quoted bool
		text   = v.text
		start  int
	)
	flush := func() {
		if len(lit) > 0 {
			pieces = append(pieces, piece{text: string(lit), data: isData, at: start})
			lit = lit[:0]
		}
	}
	for i := 0; i < len(text); {
		if len(lit) == 0 {
			start = i
		}
		c := text[i]
		if len(v.spans) > 0 {
			if data := v.data(i); data != isData {
				flush()
				isData, start = data, i
			}
		}
		switch {
		case isData:
			lit = append(lit, c)
			i++
		case c == '"' && quoted && at(text, i+1) == '"' && !v.data(i+1):
			lit = append(lit, '"')
			i += 2
		case c == '"':
			quoted = !quoted
			lit = append(lit, c)
			i++
		case c == '%':
			flush()
			var p piece
			start = i
			p, i = compileVariable(d, text, i)
			p.at = start
			pieces = append(pieces, p)
		default:
			lit = append(lit, c)
			i++
		}
	}
	flush()
	return pieces
}

// compileVariable reads the variable at text[i], a percent sign, with its
// suffixes and gives the place after them.
func compileVariable(d Dialect, text string, i int) (piece, int) {
	p := piece{letter: lowerByte(at(text, i+1))}
	i += 2
	switch p.letter {
	case 0:
		p.letter = '?'
	case 'v', 'a', 'e', 'r':
		var n int
		p.path, n = attribute.ParsePath(text[min(i, len(text)):])
		i += n
	case 'q':
		if d == ExportDialect {
			break
		}
		p.level = at(text, i)
		i++
		switch p.level {
		case 'p', 'P', 's', 'S', 'e', 'E', 'w', 'W':
			p.level &^= 'a' - 'A'
			p.path = &attribute.Path{Tag: attribute.Columns(text[min(i, len(text)):])}
			i += 9
		default:
			var n int
			p.path, n = attribute.ParsePath(text[min(i, len(text)):])
			i += n
		}
	}
	if at(text, i) == '[' {
		p.cut, i = parseCut(text, i)
	}
	if c := at(text, i); c == '^' || c == '~' {
		p.fold = c
		i++
	}
	return p, min(i, len(text))
}

// parseCut reads a suffix [a,b] at text[i]; without a closing bracket it goes on
// to the end.
func parseCut(text string, i int) (cut, int) {
	end := strings.IndexByte(text[i:], ']')
	inside, next := text[i+1:], len(text)
	if end >= 0 {
		inside, next = text[i+1:i+end], i+end+1
	}
	if rest, ok := strings.CutPrefix(inside, ","); ok {
		if !isNumber(rest) {
			return cut{}, next
		}
		return cut{on: true, last: true, b: atoi(rest)}, next
	}
	first, second, ok := strings.Cut(inside, ",")
	if !ok || !isNumber(first) || !isNumber(second) {
		return cut{}, next
	}
	c := cut{on: true, a: atoi(first), b: atoi(second)}
	if c.a < 0 {
		c.last = true
	}
	return c, next
}

func isNumber(s string) bool {
	s = strings.TrimLeft(s, " ")
	if at(s, 0) == '-' || at(s, 0) == '+' {
		s = s[1:]
	}
	return isDigit(at(s, 0))
}

// apply is the part of s that the suffix leaves.
func (c cut) apply(s string) (from, to int) {
	n := len(s)
	a, b := min(c.a, n), c.b
	if c.last {
		a, b = max(n-c.b, 0), n
	}
	b = min(b, n)
	if b < a {
		return 0, n
	}
	return a, min(b+1, n)
}
