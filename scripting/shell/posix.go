package shell

import (
	"strings"
)

// Posix is a command for /bin/sh.
func Posix(pieces []Piece) (string, error) {
	text, values, _ := flatten(pieces)
	if len(values) == 0 {
		return text, nil
	}
	p := readPosix(text, 0)
	if err := p.checkDocuments(values); err != nil {
		return "", err
	}
	var b strings.Builder
	n := 0
	for i := range len(text) {
		if edit, ok := p.edits[i]; ok {
			b.WriteString(edit)
			continue
		}
		if text[i] != hole {
			b.WriteByte(text[i])
			continue
		}
		s, err := p.places[n].put(values[n])
		if err != nil {
			return "", err
		}
		b.WriteString(s)
		n++
	}
	return b.String(), nil
}

// maxNested bounds code inside code.
const maxNested = 8

// posix reads a command as the shell does (POSIX.1 chapter Shell Command
// Language 2) and finds the places of values.
type posix struct {
	text    string
	i       int
	depth   int
	inner   bool // of text that is read again: its bytes are not those of the command
	places  []place
	edits   map[int]string // bytes of the command that are written otherwise
	waiting []hereDocument
	lines   []documentLine
	lostAt  int // places from here on stand where the reading is not sure; -1: none

	piped    []word // of the commands before in this pipeline
	feeding  bool   // the command before ended in a pipe
	readsOn  bool   // a command of this line reads code from its input
	readKind kind   // of that code
}

type hereDocument struct {
	end    string
	quoted bool // no expansions
	tabs   bool // are removed
}

// documentLine is a line of a here-document with values in it.
type documentLine struct {
	text  string // with holes
	first int    // value
	end   string
}

func readPosix(text string, depth int) *posix {
	p := &posix{text: text, depth: depth, inner: depth > 0, lostAt: -1, edits: make(map[int]string)}
	p.commands(0)
	if p.lostAt >= 0 {
		for i := p.lostAt; i < len(p.places); i++ {
			p.places[i].kind = code
		}
	}
	return p
}

// lose tells that what follows may be read wrongly.
func (p *posix) lose() {
	if p.lostAt < 0 {
		p.lostAt = len(p.places)
	}
}

func (p *posix) peek(n int) byte {
	if p.i+n < len(p.text) {
		return p.text[p.i+n]
	}
	return 1
}

// commands reads up to end, a closing parenthesis, or to the end of the text.
func (p *posix) commands(end byte) {
	var c simple
	for p.i < len(p.text) {
		b := p.text[p.i]
		switch {
		case b == ')' && (end == ')' || end == 0):
			c.finish(p, 0, end)
			if end == ')' {
				return
			}
			p.i++
		case b == ' ' || b == '\t':
			p.i++
		case b == '\\' && p.peek(1) == '\n':
			p.i += 2
		case b == '\n':
			c.finish(p, '\n', end)
			p.i++
			if len(p.waiting) > 0 && p.feeding {
				p.readsOn, p.readKind = true, code // who reads on is not known yet
			}
			p.documents()
		case strings.IndexByte(";&|()", b) >= 0:
			pipe := b
			if b == '|' && p.peek(1) == '|' {
				pipe = ';'
			}
			c.finish(p, pipe, end)
			p.i++
		case b == '#':
			p.comment()
		case b == '<' || b == '>':
			p.redirection()
		default:
			if w := p.word(); !w.isDescriptor(p) {
				c.words = append(c.words, w)
			}
		}
	}
	c.finish(p, 0, end)
	if end != 0 {
		p.lose() // no closing parenthesis
	}
}

// isDescriptor tells whether a word is the number before a redirection.
func (w *word) isDescriptor(p *posix) bool {
	return len(w.text) == 1 && w.text[0] >= '0' && w.text[0] <= '9' && !w.quoted && (p.peek(0) == '<' || p.peek(0) == '>')
}

func (p *posix) comment() {
	for p.i < len(p.text) && p.text[p.i] != '\n' {
		if p.text[p.i] == hole {
			p.places = append(p.places, place{kind: comment})
		}
		p.i++
	}
}

// redirection reads an operator and the word behind it.
func (p *posix) redirection() {
	operator := p.i
	for p.i < len(p.text) && strings.IndexByte("<>&|", p.text[p.i]) >= 0 {
		p.i++
	}
	op := p.text[operator:p.i]
	tabs := op == "<<" && p.peek(0) == '-'
	if tabs {
		p.i++
	}
	for p.peek(0) == ' ' || p.peek(0) == '\t' {
		p.i++
	}
	if p.peek(0) == '(' {
		return // a process in the place of a file
	}
	w := p.word()
	switch op {
	case "<<":
		for _, n := range w.places {
			p.places[n].kind = delimiter
		}
		p.waiting = append(p.waiting, hereDocument{end: w.text, quoted: w.quoted, tabs: tabs})
	case "<<<":
	default:
		for _, n := range w.places {
			p.places[n].kind = target
		}
	}
}

// documents reads the here-documents that begin at a line.
func (p *posix) documents() {
	for _, d := range p.waiting {
		body := p.body(d)
		if strings.IndexByte(body, hole) < 0 {
			continue
		}
		first := len(p.places)
		if d.quoted {
			for range strings.Count(body, "\x00") {
				p.places = append(p.places, place{kind: plainText})
			}
		} else {
			inner := &posix{text: body, depth: p.depth + 1, inner: true, lostAt: -1, edits: make(map[int]string)}
			for inner.i < len(body) {
				inner.quotedByte('h')
			}
			p.places = append(p.places, inner.places...)
			if inner.lostAt >= 0 {
				p.lose()
			}
		}
		p.watch(body, first, d)
	}
	p.waiting, p.readsOn = nil, false
}

// body is the text of a here-document, which ends at a line of its own.
func (p *posix) body(d hereDocument) string {
	start := p.i
	for p.i < len(p.text) {
		begin := p.i
		line, rest, _ := strings.Cut(p.text[p.i:], "\n")
		p.i = len(p.text) - len(rest)
		if d.tabs {
			line = strings.TrimLeft(line, "\t")
		}
		if line == d.end {
			return p.text[start:begin]
		}
	}
	return p.text[start:]
}

// watch notes the lines of a body that values could make its end. When a shell
// reads the body, values in it are code.
func (p *posix) watch(body string, first int, d hereDocument) {
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		if strings.IndexByte(line, hole) < 0 {
			continue
		}
		p.lines = append(p.lines, documentLine{line, first, d.end})
		for i := range len(line) {
			if line[i] != hole {
				continue
			}
			if pl := &p.places[first]; p.readsOn && pl.kind != program {
				pl.kind = p.readKind
				if strings.Trim(line[:i], " \t") == "" && p.readKind == code {
					pl.kind = program
				}
			}
			first++
		}
	}
}

// checkDocuments refuses values that would end a here-document.
func (p *posix) checkDocuments(values []Piece) error {
	for _, l := range p.lines {
		n := l.first
		var b strings.Builder
		for i := range len(l.text) {
			if l.text[i] != hole {
				b.WriteByte(l.text[i])
				continue
			}
			b.WriteString(oneLine(values[n].Text))
			n++
		}
		if strings.TrimLeft(b.String(), "\t") == l.end {
			return &RefusedError{Value: values[l.first].Text, Why: delimiter.why()}
		}
	}
	return nil
}
