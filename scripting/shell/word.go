package shell

import (
	"slices"
	"strings"
)

// word is one word of a command, its quotes removed.
type word struct {
	text    string // with holes for values, x for what the shell puts in
	places  []int  // of the holes
	quoted  bool
	expands bool // the shell puts text in
}

// word reads a word at p.i.
func (p *posix) word() word {
	var w word
	var b []byte
	start := p.i
	value := func(open byte) {
		w.places = append(w.places, len(p.places))
		p.places = append(p.places, place{quote: open, wordStart: len(b) == 0})
		b = append(b, hole)
		p.i++
	}
	for p.i < len(p.text) {
		c := p.text[p.i]
		switch {
		case strings.IndexByte(" \t\n;&|()<>", c) >= 0:
			w.text = string(b)
			w.finish(p, start)
			return w
		case c == hole:
			value(0)
		case c == '\\':
			p.backslash(&w, &b)
		case c == '\'':
			w.quoted = true
			for p.i++; p.i < len(p.text) && p.text[p.i] != '\''; {
				if p.text[p.i] == hole {
					value('\'')
					continue
				}
				b = append(b, p.text[p.i])
				p.i++
			}
			p.i++
		case c == '"':
			w.quoted = true
			p.doubleQuotes(&w, &b)
		case c == '$' && p.peek(1) == '\'':
			w.quoted = true
			p.ansi()
			b = append(b, 'x')
		case c == '$' || c == '`':
			w.expands = true
			b = append(b, p.expansion(0)...)
		default:
			b = append(b, c)
			p.i++
		}
	}
	w.text = string(b)
	w.finish(p, start)
	return w
}

// finish marks a value that is all of a word.
func (w *word) finish(p *posix, start int) {
	if p.i == start { // nothing that a word could begin with
		p.i++
	}
	if !w.quoted && w.text == string([]byte{hole}) {
		p.places[w.places[0]].alone = true
	}
}

// backslash reads a backslash outside quotes and what it stands before. Before a
// value it is left out.
func (p *posix) backslash(w *word, b *[]byte) {
	if p.peek(1) == hole {
		pl := place{wordStart: len(*b) == 0}
		if p.inner {
			pl.kind = code
		} else {
			p.edits[p.i] = ""
		}
		w.places = append(w.places, len(p.places))
		p.places = append(p.places, pl)
		*b = append(*b, hole)
		p.i += 2
		return
	}
	if p.i+1 < len(p.text) {
		*b = append(*b, p.text[p.i+1])
	}
	w.quoted = true
	p.i += 2
}

// doubleQuotes reads a string in double quotes.
func (p *posix) doubleQuotes(w *word, b *[]byte) {
	for p.i++; p.i < len(p.text) && p.text[p.i] != '"'; {
		if p.text[p.i] == hole || p.text[p.i] == '\\' && p.peek(1) == hole {
			if p.text[p.i] == '\\' {
				*b = append(*b, '\\')
			}
			w.places = append(w.places, len(p.places))
			p.quotedByte('"')
			p.places[len(p.places)-1].wordStart = len(*b) == 0
			*b = append(*b, hole)
			continue
		}
		w.expands = w.expands || p.text[p.i] == '$' || p.text[p.i] == '`'
		*b = append(*b, p.quotedByte('"')...)
	}
	p.i++
}

// quotedByte reads what comes next in double quotes or a here-document (h) and
// gives what it stands for.
func (p *posix) quotedByte(open byte) string {
	pl := place{quote: open}
	if open == 'h' {
		pl = place{kind: document}
	}
	switch c := p.text[p.i]; {
	case c == hole:
		p.places = append(p.places, pl)
		p.i++
		return ""
	case c == '\\' && p.peek(1) == hole:
		// The backslash stands for itself: it is written as two.
		if p.inner {
			pl.kind = code
		} else {
			p.edits[p.i] = `\\`
		}
		p.places = append(p.places, pl)
		p.i += 2
		return ""
	case c == '\\' && p.i+1 < len(p.text):
		next := p.text[p.i+1]
		p.i += 2
		if strings.IndexByte("$`\\\n", next) >= 0 || open == '"' && next == '"' {
			return string([]byte{next})
		}
		return string([]byte{'\\', next})
	case c == '$' || c == '`':
		return p.expansion(open)
	default:
		p.i++
		return string([]byte{c})
	}
}

// expansion reads what begins with $ or a backquote.
func (p *posix) expansion(open byte) string {
	switch {
	case p.text[p.i] == '`':
		p.backquotes(open)
	case p.peek(1) == '(' && p.peek(2) == '(':
		p.i += 3
		p.upTo("))", number)
	case p.peek(1) == '(':
		p.i += 2
		if p.depth > maxNested {
			p.upTo("", code)
			return "x"
		}
		p.depth++
		p.commands(')')
		p.depth--
		p.i++
	case p.peek(1) == '{':
		p.i += 2
		p.upTo("}", code)
	case p.peek(1) == hole:
		p.places = append(p.places, place{kind: code}) // $%V: it names a variable, or begins a command
		p.i += 2
	default:
		p.i++
		return "$"
	}
	return "x"
}

// upTo passes over text that is not read here; values in it have one kind.
func (p *posix) upTo(end string, k kind) {
	stop := len(p.text)
	if end != "" {
		if n := strings.Index(p.text[p.i:], end); n >= 0 {
			stop = p.i + n
		}
	}
	if strings.ContainsAny(p.text[p.i:stop], "'\"`$(\\") {
		p.lose() // where it ends is not sure
	}
	for ; p.i < stop; p.i++ {
		if p.text[p.i] == hole {
			p.places = append(p.places, place{kind: k})
		}
	}
	p.i = min(p.i+len(end), len(p.text))
}

// ansi passes over $'...'.
func (p *posix) ansi() {
	for p.i += 2; p.i < len(p.text) && p.text[p.i] != '\''; p.i++ {
		switch {
		case p.text[p.i] == hole:
			p.places = append(p.places, place{kind: code})
		case p.text[p.i] == '\\' && p.peek(1) != hole:
			p.i++
		}
	}
	p.i++
}

// backquotes reads a command in backquotes, in which some backslashes are taken
// off first.
func (p *posix) backquotes(open byte) {
	doubtful := false
	var b []byte
	var risky []int // values behind a backslash
	n := 0
	for p.i++; p.i < len(p.text) && p.text[p.i] != '`'; p.i++ {
		c := p.text[p.i]
		if c == '\\' && p.i+1 < len(p.text) {
			p.i++
			next := p.text[p.i]
			doubtful = doubtful || next == '"' && open != 0
			if strings.IndexByte("$`\\", next) < 0 {
				b = append(b, '\\')
			}
			if next == hole {
				risky = append(risky, n)
			}
			c = next
		}
		if c == hole {
			n++
		}
		b = append(b, c)
	}
	p.i++
	p.again(string(b), backquoted.Replace, nil)
	for k := range n {
		if doubtful || slices.Contains(risky, k) {
			p.places[len(p.places)-n+k].kind = code
		}
	}
}

// again reads text that the shell reads once more; its values are escaped by
// layer when they are put in. With places the values are there already.
func (p *posix) again(text string, layer func(string) string, places []int) {
	var inner *posix
	if p.depth >= maxNested {
		inner = &posix{}
		for range strings.Count(text, "\x00") {
			inner.places = append(inner.places, place{kind: code})
		}
	} else {
		inner = readPosix(text, p.depth+1)
	}
	for i, pl := range inner.places {
		if places == nil {
			pl.layers = append(pl.layers, layer)
			p.places = append(p.places, pl)
			continue
		}
		outer := p.places[places[i]]
		if outer.kind == code {
			continue
		}
		open := outer.quote
		pl.layers = append(pl.layers, func(s string) string { return quote(s, open, false) })
		pl.layers = append(pl.layers, outer.layers...)
		p.places[places[i]] = pl
	}
	if len(inner.lines) > 0 { // a here-document in code: its end can not be watched
		for i := range inner.places {
			if k := p.at(places, len(inner.places), i); p.places[k].kind == document || p.places[k].kind == plainText {
				p.places[k].kind = code
			}
		}
	}
}

// at is the place of value i of the n that were read again.
func (p *posix) at(places []int, n, i int) int {
	if places == nil {
		return len(p.places) - n + i
	}
	return places[i]
}
