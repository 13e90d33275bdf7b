package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

func (s *State) openStrings() {
	t := s.library("string", []entry{
		{"byte", strByte}, {"char", strChar}, {"dump", strDump}, {"find", strFind}, {"format", strFormat},
		{"gfind", strGMatch}, {"gmatch", strGMatch}, {"gsub", strGSub}, {"len", strLen}, {"lower", strLower},
		{"match", strMatch}, {"rep", strRep}, {"reverse", strReverse}, {"sub", strSub}, {"upper", strUpper},
	})
	// Fields that are not found in string: what the parser calls.
	internal := s.l.CreateTable(0, 4)
	internal.RawSetString(concatMethod, s.Bind((*State).concat))
	for _, bound := range loopBounds {
		internal.RawSetString(bound, s.Bind(func(_ *State, l *glua.LState) int {
			n, ok := ToNumber(l.Get(1))
			if !ok {
				l.RaiseError("%s must be a number", bound)
			}
			l.Push(glua.LNumber(n))
			return 1
		}))
	}
	fallback := s.l.CreateTable(0, 1)
	fallback.RawSetString("__index", internal)
	t.Metatable = fallback

	mt := s.l.CreateTable(0, 10)
	mt.RawSetString("__index", t)
	for _, op := range arithmeticEvents {
		mt.RawSetString(op.event, s.Bind(func(s *State, l *glua.LState) int { return s.textArithmetic(l, op.f) }))
	}
	s.fill(mt, []entry{{"__call", func(s *State, l *glua.LState) int {
		s.raise(l, "call", useCall, "", l.Get(1))
		return 0
	}}})
	s.l.SetMetatable(glua.LString(""), mt)
}

// Position turns an index of Lua, maybe from the end, into one from 1.
func Position(i, n int) int {
	if i < 0 {
		if i = n + i + 1; i < 0 {
			return 0
		}
	}
	return i
}

// Span is the Go range of the Lua range i..j.
func Span(i, j, n int) (int, int) {
	i, j = Position(i, n), Position(j, n)
	i, j = max(i, 1), min(j, n)
	if i > j {
		return 0, 0
	}
	return i - 1, j
}

func strLen(s *State, l *glua.LState) int { return GiveNumber(l, float64(len(ArgText(l, 1)))) }

func strSub(s *State, l *glua.LState) int {
	text := ArgText(l, 1)
	from, to := Span(ArgInt(l, 2), OptInt(l, 3, -1), len(text))
	l.Push(piece(text, from, to))
	return 1
}

func strByte(s *State, l *glua.LState) int {
	text := ArgText(l, 1)
	i := OptInt(l, 2, 1)
	from, to := Span(i, OptInt(l, 3, Position(i, len(text))), len(text))
	if to-from > maxResults {
		l.RaiseError("stack overflow (string slice too long)")
	}
	for _, c := range []byte(text[from:to]) {
		l.Push(glua.LNumber(c))
	}
	return to - from
}

func strChar(s *State, l *glua.LState) int {
	b := make([]byte, l.GetTop())
	for i := range b {
		c := ArgInt(l, i+1)
		if c < 0 || c > 255 {
			ArgError(l, i+1, "invalid value")
		}
		b[i] = byte(c)
	}
	return GiveText(l, string(b))
}

func strDump(s *State, l *glua.LState) int {
	f := ArgFunction(l, 1)
	if f.IsG {
		l.RaiseError("unable to dump given function")
	}
	return GiveText(l, s.dump(f))
}

func strRep(s *State, l *glua.LState) int {
	text, n := ArgText(l, 1), ArgInt(l, 2)
	if n <= 0 || text == "" {
		return GiveText(l, "")
	}
	if n > MaxString/len(text) {
		s.Room(l, -1)
	}
	s.Room(l, n*len(text))
	return GiveText(l, strings.Repeat(text, n))
}

func strReverse(s *State, l *glua.LState) int {
	b := []byte(ArgText(l, 1))
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return GiveText(l, string(b))
}

func mapBytes(text string, first, last byte) string {
	b := []byte(text)
	for i, c := range b {
		if c >= first && c <= last {
			b[i] = c ^ 0x20
		}
	}
	return string(b)
}

func strLower(s *State, l *glua.LState) int { return GiveText(l, mapBytes(ArgText(l, 1), 'A', 'Z')) }
func strUpper(s *State, l *glua.LState) int { return GiveText(l, mapBytes(ArgText(l, 1), 'a', 'z')) }

func strFind(s *State, l *glua.LState) int  { return s.search(l, true) }
func strMatch(s *State, l *glua.LState) int { return s.search(l, false) }

const patternSpecials = "^$*+?.([%-"

func (s *State) search(l *glua.LState, find bool) int {
	text, pat := ArgText(l, 1), ArgText(l, 2)
	init := Position(OptInt(l, 3, 1), len(text)) - 1
	init = min(max(init, 0), len(text))
	if find && (glua.LVAsBool(l.Get(4)) || !strings.ContainsAny(pat, patternSpecials)) {
		i := strings.Index(text[init:], pat)
		if i < 0 {
			l.Push(glua.LNil)
			return 1
		}
		i += init
		return Give(l, glua.LNumber(i+1), glua.LNumber(i+len(pat)))
	}
	m := matcher{s: s, l: l, src: text, pat: pat}
	from, to, ok := m.search(init)
	switch {
	case !ok:
		l.Push(glua.LNil)
		return 1
	case find:
		l.Push(glua.LNumber(from + 1))
		l.Push(glua.LNumber(to))
		return 2 + m.pushCaptures(from, to, false)
	}
	return m.pushCaptures(from, to, true)
}

func strGMatch(s *State, l *glua.LState) int {
	text, pat := ArgText(l, 1), ArgText(l, 2)
	at := 0
	l.Push(l.NewClosure(func(l *glua.LState) int {
		m := matcher{s: s, l: l, src: text, pat: pat}
		for from := at; from <= len(text); from++ {
			m.level = 0
			to := m.match(from, 0)
			if to < 0 {
				continue
			}
			at = to
			if to == from {
				at++
			}
			return m.pushCaptures(from, to, true)
		}
		at = len(text) + 1
		return 0
	}, l.Get(1))) // the text is an upvalue so that it counts
	return 1
}

func strGSub(s *State, l *glua.LState) int {
	text, pat := ArgText(l, 1), ArgText(l, 2)
	repl := l.Get(3)
	limit := OptInt(l, 4, len(text)+1)
	switch repl.Type() {
	case glua.LTString, glua.LTNumber, glua.LTTable, glua.LTFunction:
	default:
		ArgError(l, 3, "string/function/table expected")
	}
	anchor := strings.HasPrefix(pat, "^")
	start := 0
	if anchor {
		start = 1
	}
	m := matcher{s: s, l: l, src: text, pat: pat}
	var b []byte
	at, n := 0, 0
	for n < limit {
		m.level = 0
		end := m.match(at, start)
		if end >= 0 {
			n++
			b = m.replace(b, repl, at, end)
			s.Room(l, len(b))
		}
		switch {
		case end > at:
			at = end
		case at < len(text):
			b = append(b, text[at])
			at++
		default:
			at = len(text) + 1
		}
		if at > len(text) || anchor {
			break
		}
	}
	if at < len(text) {
		b = append(b, text[at:]...)
	}
	return Give(l, glua.LString(b), glua.LNumber(n))
}

// replace appends what a match is replaced by.
func (m *matcher) replace(b []byte, repl glua.LValue, from, to int) []byte {
	var v glua.LValue
	switch r := repl.(type) {
	case *glua.LFunction:
		m.l.Push(r)
		n := m.pushCaptures(from, to, true)
		m.l.Call(n, 1)
		v = m.l.Get(-1)
		m.l.Pop(1)
	case *glua.LTable:
		v = m.l.GetTable(r, m.capture(0, from, to))
	default:
		text, _ := ToText(r)
		return m.expand(b, text, from, to)
	}
	if !glua.LVAsBool(v) {
		return append(b, m.src[from:to]...)
	}
	text, ok := ToText(v)
	if !ok {
		m.l.RaiseError("invalid replacement value (a %s)", v.Type())
	}
	return append(b, text...)
}

func (m *matcher) expand(b []byte, repl string, from, to int) []byte {
	for i := 0; i < len(repl); i++ {
		c := repl[i]
		if c != '%' || i+1 >= len(repl) {
			if c != '%' {
				b = append(b, c)
			}
			continue
		}
		i++
		switch c = repl[i]; {
		case !isDigit(c):
			b = append(b, c)
		case c == '0':
			b = append(b, m.src[from:to]...)
		default:
			text, _ := ToText(m.capture(int(c-'1'), from, to))
			b = append(b, text...)
		}
	}
	return b
}
