package scripting

import (
	"strconv"
	"strings"

	"conquest/attribute"
)

// origin tells where a piece of expanded text came from.
type origin uint8

const (
	fromObject origin = iota // chosen by whoever made the object or the association
	fromServer               // file names of our own
)

// span is a piece [start,end) of expanded text that does not stand in the
// script itself.
type span struct {
	start, end int
	from       origin
}

// value is text that knows which pieces of it were data.
type value struct {
	text  string
	spans []span
}

// data tells whether byte i came from the object.
func (v *value) data(i int) bool {
	for _, s := range v.spans {
		if i < s.start {
			return false
		}
		if i < s.end {
			return s.from == fromObject
		}
	}
	return false
}

// slice is the part [from,to) of v.
func (v *value) slice(from, to int) value {
	out := value{text: v.text[from:to]}
	for _, s := range v.spans {
		start, end := max(s.start, from), min(s.end, to)
		if start < end {
			out.spans = append(out.spans, span{start - from, end - from, s.from})
		}
	}
	return out
}

// from is the part of v from byte i on; i may be beyond the end.
func (v *value) from(i int) value {
	i = min(i, len(v.text))
	return v.slice(i, len(v.text))
}

// index finds sep at or after byte i where it does not begin inside data, -1
// when there is none.
func (v *value) index(sep string, i int) int {
	for i <= len(v.text) {
		k := strings.Index(v.text[i:], sep)
		if k < 0 {
			return -1
		}
		if !v.data(i + k) {
			return i + k
		}
		i += k + 1
	}
	return -1
}

// rewrite makes text of v with each piece of data of the given origins replaced.
func (v *value) rewrite(f func(data string, s span) string) string {
	if len(v.spans) == 0 {
		return v.text
	}
	var b strings.Builder
	at := 0
	for _, s := range v.spans {
		b.WriteString(v.text[at:s.start])
		b.WriteString(f(v.text[s.start:s.end], s))
		at = s.end
	}
	b.WriteString(v.text[at:])
	return b.String()
}

// mapData is v with its values replaced, still as values.
func (v *value) mapData(f func(string) string) value {
	return v.mapped(func(s string) string { return s }, f)
}

// mapAll is v with its text and its values replaced.
func (v *value) mapAll(f func(string) string) value { return v.mapped(f, f) }

func (v *value) mapped(text, data func(string) string) value {
	var b strings.Builder
	var spans []span
	at := 0
	for _, s := range v.spans {
		b.WriteString(text(v.text[at:s.start]))
		start := b.Len()
		b.WriteString(data(v.text[s.start:s.end]))
		spans = append(spans, span{start, b.Len(), s.from})
		at = s.end
	}
	b.WriteString(text(v.text[at:]))
	return value{b.String(), spans}
}

// replace is v with another value in the place of [from,to).
func (v *value) replace(from, to int, other value) value {
	before, after := v.slice(0, from), v.from(to)
	out := value{text: before.text + other.text + after.text, spans: before.spans}
	for _, s := range other.spans {
		out.spans = append(out.spans, span{from + s.start, from + s.end, s.from})
	}
	for _, s := range after.spans {
		n := from + len(other.text)
		out.spans = append(out.spans, span{n + s.start, n + s.end, s.from})
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// hasPrefixFold tells whether s begins with prefix, which is lower case,
// without regard to ASCII case.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		if lowerByte(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

// equalFold compares without regard to ASCII case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}

func mapASCII(s string, from, to byte, add int) string {
	b := []byte(s)
	for i, c := range b {
		if from <= c && c <= to {
			b[i] = byte(int(c) + add)
		}
	}
	return string(b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlpha(c byte) bool { return 'a' <= lowerByte(c) && lowerByte(c) <= 'z' }
func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= lowerByte(c) && lowerByte(c) <= 'f' }

// at is byte i of s, 0 beyond its end.
func at(s string, i int) byte {
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i]
}

// atoi reads an integer as C does.
func atoi(s string) int { return attribute.Int(s) }
