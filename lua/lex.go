package lua

import (
	"fmt"
	"strings"
)

// syntaxError is what a text is refused with; its text is that of Lua 5.1.
type syntaxError struct{ msg string }

func (e *syntaxError) Error() string { return e.msg }

// token kinds: a single character is itself.
type tokenKind int

const (
	tokEOF tokenKind = iota + 256
	tokName
	tokString
	tokNumber
	tokConcat // ..
	tokDots   // ...
	tokEq
	tokGe
	tokLe
	tokNe
	tokKeyword // the word is in text
)

const keywords = " and break do else elseif end false for function if in local nil not or repeat return then true until while "

func isKeyword(s string) bool { return strings.Contains(keywords, " "+s+" ") }

type token struct {
	kind tokenKind
	text string // name, keyword, number as written, or contents of a string
	num  float64
	raw  string // as it stands in the source, for messages
}

// lexer cuts Lua 5.1 source into tokens.
type lexer struct {
	src   string
	pos   int
	line  int // of the character at pos
	chunk string
}

func (x *lexer) fail(msg, near string) {
	s := fmt.Sprintf("%s:%d: %s", x.chunk, x.line, msg)
	if near != "" {
		s += " near '" + near + "'"
	}
	panic(&syntaxError{s})
}

func (x *lexer) peek(n int) byte {
	if x.pos+n < len(x.src) {
		return x.src[x.pos+n]
	}
	return 0
}

// newline steps over a line end: \n, \r, \r\n or \n\r.
func (x *lexer) newline() {
	c := x.src[x.pos]
	x.pos++
	if d := x.peek(0); (d == '\n' || d == '\r') && d != c && x.pos < len(x.src) {
		x.pos++
	}
	x.line++
}

func isLetter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// next is the next token.
func (x *lexer) next() token {
	for x.pos < len(x.src) {
		start, c := x.pos, x.src[x.pos]
		switch {
		case c == '\n' || c == '\r':
			x.newline()
			continue
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			x.pos++
			continue
		case c == '-' && x.peek(1) == '-':
			x.comment()
			continue
		case c == '[':
			if level := x.longBracket(); level >= 0 {
				s := x.longString(level, "string")
				return token{kind: tokString, text: s, raw: x.src[start:x.pos]}
			} else if x.peek(1) == '=' {
				x.fail("invalid long string delimiter", x.src[start:x.skipEquals(start)])
			}
			x.pos++
			return token{kind: '['}
		case c == '"' || c == '\'':
			return x.quoted(c)
		case isDigit(c) || c == '.' && isDigit(x.peek(1)):
			return x.number()
		case isLetter(c):
			for x.pos < len(x.src) && (isLetter(x.src[x.pos]) || isDigit(x.src[x.pos])) {
				x.pos++
			}
			word := x.src[start:x.pos]
			if isKeyword(word) {
				return token{kind: tokKeyword, text: word}
			}
			return token{kind: tokName, text: word, raw: word}
		}
		return x.operator(c)
	}
	return token{kind: tokEOF}
}

func (x *lexer) operator(c byte) token {
	two := func(second byte, kind tokenKind) token {
		if x.peek(1) == second {
			x.pos += 2
			return token{kind: kind}
		}
		x.pos++
		return token{kind: tokenKind(c)}
	}
	switch c {
	case '=':
		return two('=', tokEq)
	case '<':
		return two('=', tokLe)
	case '>':
		return two('=', tokGe)
	case '~':
		return two('=', tokNe)
	case '.':
		if x.peek(1) == '.' && x.peek(2) == '.' {
			x.pos += 3
			return token{kind: tokDots}
		}
		return two('.', tokConcat)
	}
	x.pos++
	return token{kind: tokenKind(c)}
}

func (x *lexer) comment() {
	x.pos += 2
	if x.peek(0) == '[' {
		if level := x.longBracket(); level >= 0 {
			x.longString(level, "comment")
			return
		}
	}
	for x.pos < len(x.src) && x.src[x.pos] != '\n' && x.src[x.pos] != '\r' {
		x.pos++
	}
}

func (x *lexer) skipEquals(at int) int {
	at++
	for at < len(x.src) && x.src[at] == '=' {
		at++
	}
	return at
}

// longBracket is the level of the bracket [==[ at pos, -1 when there is none.
func (x *lexer) longBracket() int {
	end := x.skipEquals(x.pos)
	if end < len(x.src) && x.src[end] == '[' {
		return end - x.pos - 1
	}
	return -1
}

func (x *lexer) longString(level int, what string) string {
	x.pos += level + 2
	if x.pos < len(x.src) && (x.src[x.pos] == '\n' || x.src[x.pos] == '\r') {
		x.newline()
	}
	closing := "]" + strings.Repeat("=", level) + "]"
	var b strings.Builder
	for x.pos < len(x.src) {
		c := x.src[x.pos]
		switch {
		case c == ']' && strings.HasPrefix(x.src[x.pos:], closing):
			x.pos += len(closing)
			return b.String()
		case c == '[' && level == 0 && x.peek(1) == '[' && what == "string":
			x.fail("nesting of [[...]] is deprecated", "[")
		case c == '\n' || c == '\r':
			x.newline()
			b.WriteByte('\n')
		default:
			b.WriteByte(c)
			x.pos++
		}
	}
	x.fail("unfinished long "+what, "<eof>")
	return ""
}

func (x *lexer) quoted(quote byte) token {
	start := x.pos
	x.pos++
	var b strings.Builder
	for {
		if x.pos >= len(x.src) {
			x.fail("unfinished string", "<eof>")
		}
		c := x.src[x.pos]
		switch c {
		case quote:
			x.pos++
			return token{kind: tokString, text: b.String(), raw: x.src[start:x.pos]}
		case '\n', '\r':
			x.fail("unfinished string", x.src[start:x.pos])
		case '\\':
			x.escape(&b, start)
		default:
			b.WriteByte(c)
			x.pos++
		}
	}
}

func (x *lexer) escape(b *strings.Builder, start int) {
	before := x.src[start:x.pos]
	x.pos++
	if x.pos >= len(x.src) {
		return
	}
	c := x.src[x.pos]
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		b.WriteByte("\a\b\f\n\r\t\v"[i])
		x.pos++
		return
	}
	switch {
	case c == '\n' || c == '\r':
		b.WriteByte('\n')
		x.newline()
	case isDigit(c):
		n := 0
		for i := 0; i < 3 && x.pos < len(x.src) && isDigit(x.src[x.pos]); i++ {
			n = n*10 + int(x.src[x.pos]-'0')
			x.pos++
		}
		if n > 255 {
			x.fail("escape sequence too large", before)
		}
		b.WriteByte(byte(n))
	default:
		b.WriteByte(c)
		x.pos++
	}
}

func (x *lexer) number() token {
	start := x.pos
	for x.pos < len(x.src) && (isDigit(x.src[x.pos]) || x.src[x.pos] == '.') {
		x.pos++
	}
	if c := x.peek(0) | 0x20; c == 'e' && x.pos < len(x.src) {
		x.pos++
		if c := x.peek(0); c == '+' || c == '-' {
			x.pos++
		}
	}
	for x.pos < len(x.src) && (isLetter(x.src[x.pos]) || isDigit(x.src[x.pos])) {
		x.pos++
	}
	raw := x.src[start:x.pos]
	f, ok := ParseNumber(raw)
	if !ok {
		x.fail("malformed number", raw)
	}
	return token{kind: tokNumber, text: raw, num: f, raw: raw}
}

// String is the name of a token in messages.
func (t token) String() string {
	switch t.kind {
	case tokEOF:
		return "<eof>"
	case tokName, tokString, tokNumber:
		if t.raw == "" {
			return map[tokenKind]string{tokName: "<name>", tokString: "<string>", tokNumber: "<number>"}[t.kind]
		}
		return t.raw
	case tokKeyword:
		return t.text
	case tokConcat:
		return ".."
	case tokDots:
		return "..."
	case tokEq:
		return "=="
	case tokGe:
		return ">="
	case tokLe:
		return "<="
	case tokNe:
		return "~="
	}
	if t.kind < ' ' {
		return fmt.Sprintf("char(%d)", int(t.kind))
	}
	return string([]byte{byte(t.kind)})
}

// chunkID is the name of a chunk in messages: "=name" and "@file" without the
// sign, other sources by their first line, shortened as Lua 5.1 does.
func chunkID(source string) string { return shortID(source, 60) }

// syntaxID is the name of a chunk in messages about its syntax.
func syntaxID(source string) string { return shortID(source, 80) }

func shortID(source string, size int) string {
	switch {
	case strings.HasPrefix(source, "="):
		return source[1:min(len(source), size)]
	case strings.HasPrefix(source, "@"):
		source = source[1:]
		if room := size - len(" '...' ") - 1; len(source) > room {
			return "..." + source[len(source)-room:]
		}
		return source
	}
	first := source
	if i := strings.IndexAny(source, "\n\r\x00"); i >= 0 {
		first = source[:i]
	}
	cut := len(first) < len(source)
	if room := size - len(` [string "..."] `) - 1; len(first) > room {
		first, cut = first[:room], true
	}
	if cut {
		first += "..."
	}
	return `[string "` + first + `"]`
}
