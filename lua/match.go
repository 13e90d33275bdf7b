package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// matcher is a Lua pattern at work on a subject (Lua 5.1 manual, 5.4.1). Classes
// are those of the C locale: bytes from 128 on are no letters.
type matcher struct {
	s        *State
	l        *glua.LState
	src, pat string
	level    int
	caps     [32]capture
	depth    int
	steps    int
}

type capture struct {
	start, length int // length may be openCapture or positionCapture
}

const (
	openCapture     = -1
	positionCapture = -2
	maxMatchDepth   = 200000
)

func (m *matcher) fail(msg string) { m.l.RaiseError("%s", msg) }

// match tries the pattern from p at s; the end of the match, or -1.
func (m *matcher) match(s, p int) int {
	m.depth++
	end := m.matchHere(s, p)
	m.depth--
	return end
}

func (m *matcher) matchHere(s, p int) int {
	m.work(1)
	if m.depth > maxMatchDepth {
		m.fail("pattern too complex")
	}
	for p < len(m.pat) {
		m.work(1)
		switch m.pat[p] {
		case '(':
			if p+1 < len(m.pat) && m.pat[p+1] == ')' {
				return m.startCapture(s, p+2, positionCapture)
			}
			return m.startCapture(s, p+1, openCapture)
		case ')':
			return m.endCapture(s, p+1)
		case '$':
			if p+1 == len(m.pat) {
				if s == len(m.src) {
					return s
				}
				return -1
			}
		case '%':
			if p+1 < len(m.pat) {
				switch c := m.pat[p+1]; {
				case c == 'b':
					if s = m.balance(s, p+2); s < 0 {
						return -1
					}
					p += 4
					continue
				case c == 'f':
					p += 2
					if p >= len(m.pat) || m.pat[p] != '[' {
						m.fail("missing '[' after '%f' in pattern")
					}
					end := m.classEnd(p)
					var before, here byte
					if s > 0 {
						before = m.src[s-1]
					}
					if s < len(m.src) {
						here = m.src[s]
					}
					if m.inSet(before, p, end-1) || !m.inSet(here, p, end-1) {
						return -1
					}
					p = end
					continue
				case isDigit(c):
					if s = m.backReference(s, c); s < 0 {
						return -1
					}
					p += 2
					continue
				}
			}
		}
		end := m.classEnd(p)
		next := byte(0)
		if end < len(m.pat) {
			next = m.pat[end]
		}
		switch next {
		case '?':
			if s < len(m.src) && m.single(m.src[s], p, end) {
				if r := m.match(s+1, end+1); r >= 0 {
					return r
				}
			}
			p = end + 1
			continue
		case '*':
			return m.longest(s, p, end, 0)
		case '+':
			return m.longest(s, p, end, 1)
		case '-':
			return m.shortest(s, p, end)
		}
		if s >= len(m.src) || !m.single(m.src[s], p, end) {
			return -1
		}
		s++
		p = end
	}
	return s
}

// classEnd is where the item at p ends.
func (m *matcher) classEnd(p int) int {
	c := m.pat[p]
	p++
	switch c {
	case '%':
		if p >= len(m.pat) {
			m.fail("malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		if p < len(m.pat) && m.pat[p] == '^' {
			p++
		}
		for first := true; first || p >= len(m.pat) || m.pat[p] != ']'; first = false {
			if p >= len(m.pat) {
				m.fail("malformed pattern (missing ']')")
			}
			if m.pat[p] == '%' && p+1 < len(m.pat) {
				p++
			}
			p++
		}
		return p + 1
	}
	return p
}

func (m *matcher) single(c byte, p, end int) bool {
	switch m.pat[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pat[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pat[p] == c
}

// inSet tells whether c is in the set from '[' at p to ']' at end.
func (m *matcher) inSet(c byte, p, end int) bool {
	found := true
	p++
	if m.pat[p] == '^' {
		found = false
		p++
	}
	for ; p < end; p++ {
		switch {
		case m.pat[p] == '%':
			p++
			if inClass(c, m.pat[p]) {
				return found
			}
		case p+2 < end && m.pat[p+1] == '-':
			if m.pat[p] <= c && c <= m.pat[p+2] {
				return found
			}
			p += 2
		case m.pat[p] == c:
			return found
		}
	}
	return !found
}

func inClass(c, class byte) bool {
	var in bool
	letter := c|0x20 >= 'a' && c|0x20 <= 'z'
	switch class | 0x20 {
	case 'a':
		in = letter
	case 'c':
		in = c < ' ' || c == 127
	case 'd':
		in = isDigit(c)
	case 'l':
		in = c >= 'a' && c <= 'z'
	case 'p':
		in = c > ' ' && c < 127 && !letter && !isDigit(c)
	case 's':
		in = c == ' ' || c >= '\t' && c <= '\r'
	case 'u':
		in = c >= 'A' && c <= 'Z'
	case 'w':
		in = letter || isDigit(c)
	case 'x':
		in = isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	if class >= 'A' && class <= 'Z' {
		return !in
	}
	if class < 'a' || class > 'z' {
		return class == c
	}
	return in
}

// timeSteps is after how many steps the end of time is looked at.
const timeSteps = 1 << 16

// work counts steps.
func (m *matcher) work(n int) {
	if m.steps += n; m.steps >= timeSteps {
		m.steps = 0
		m.s.CheckTime(m.l)
	}
}

func (m *matcher) longest(s, p, end, least int) int {
	n := 0
	for s+n < len(m.src) && m.single(m.src[s+n], p, end) {
		n++
	}
	m.work(n)
	if end+1 == len(m.pat) && n >= least {
		return s + n
	}
	for ; n >= least; n-- {
		if r := m.match(s+n, end+1); r >= 0 {
			return r
		}
	}
	return -1
}

func (m *matcher) shortest(s, p, end int) int {
	for {
		if r := m.match(s, end+1); r >= 0 {
			return r
		}
		if s >= len(m.src) || !m.single(m.src[s], p, end) {
			return -1
		}
		s++
	}
}

func (m *matcher) startCapture(s, p, kind int) int {
	if m.level >= len(m.caps) {
		m.fail("too many captures")
	}
	m.caps[m.level] = capture{s, kind}
	m.level++
	r := m.match(s, p)
	if r < 0 {
		m.level--
	}
	return r
}

func (m *matcher) endCapture(s, p int) int {
	i := m.level - 1
	for ; i >= 0 && m.caps[i].length != openCapture; i-- {
	}
	if i < 0 {
		m.fail("invalid pattern capture")
	}
	m.caps[i].length = s - m.caps[i].start
	r := m.match(s, p)
	if r < 0 {
		m.caps[i].length = openCapture
	}
	return r
}

func (m *matcher) balance(s, p int) int {
	if p+1 >= len(m.pat) {
		m.fail("unbalanced pattern")
	}
	if s >= len(m.src) || m.src[s] != m.pat[p] {
		return -1
	}
	open, closing, depth := m.pat[p], m.pat[p+1], 1
	for i := s + 1; i < len(m.src); i++ {
		m.work(1)
		switch m.src[i] {
		case closing:
			if depth--; depth == 0 {
				return i + 1
			}
		case open:
			depth++
		}
	}
	return -1
}

func (m *matcher) backReference(s int, c byte) int {
	i := int(c) - '1'
	if i < 0 || i >= m.level || m.caps[i].length == openCapture {
		m.fail("invalid capture index")
	}
	text := m.src[m.caps[i].start : m.caps[i].start+max(m.caps[i].length, 0)]
	if strings.HasPrefix(m.src[s:], text) {
		return s + len(text)
	}
	return -1
}

// capture is value i of a match from s to e; without captures, 0 is the match.
func (m *matcher) capture(i, s, e int) glua.LValue {
	if i >= m.level {
		if i != 0 {
			m.fail("invalid capture index")
		}
		return piece(m.src, s, e)
	}
	c := m.caps[i]
	switch c.length {
	case positionCapture:
		return glua.LNumber(c.start + 1)
	case openCapture:
		m.fail("unfinished capture")
	}
	return piece(m.src, c.start, c.start+c.length)
}

// piece is a part of a text that does not hold on to the whole.
func piece(text string, from, to int) glua.LString {
	if from == 0 && to == len(text) {
		return glua.LString(text)
	}
	return glua.LString(strings.Clone(text[from:to]))
}

// pushCaptures pushes all captures, or the whole match when there are none and
// whole is set.
func (m *matcher) pushCaptures(s, e int, whole bool) int {
	n := m.level
	if n == 0 && whole {
		n = 1
	}
	for i := range n {
		m.l.Push(m.capture(i, s, e))
	}
	return n
}

// search finds the first match from init on.
func (m *matcher) search(init int) (s, e int, ok bool) {
	anchor := strings.HasPrefix(m.pat, "^")
	p := 0
	if anchor {
		p = 1
	}
	for s = init; s <= len(m.src); s++ {
		m.level = 0
		if e = m.match(s, p); e >= 0 {
			return s, e, true
		}
		if anchor {
			break
		}
	}
	return 0, 0, false
}
