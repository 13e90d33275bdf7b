package luabind

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (s *State) openStrings() {
	t := s.library("string", []entry{
		{"byte", strByte}, {"char", strChar}, {"dump", strDump}, {"find", strFind}, {"format", strFormat},
		{"gfind", strGMatch}, {"gmatch", strGMatch}, {"gsub", strGSub}, {"len", strLen}, {"lower", strLower},
		{"match", strMatch}, {"rep", strRep}, {"reverse", strReverse}, {"sub", strSub}, {"upper", strUpper},
	})
	// Fields that are not found in string: what the parser calls.
	internal := s.l.CreateTable(0, 4)
	internal.RawSetString(concatMethod, s.bind((*State).concat))
	for _, bound := range loopBounds {
		internal.RawSetString(bound, s.bind(func(_ *State, l *lua.LState) int {
			n, ok := toNumber(l.Get(1))
			if !ok {
				l.RaiseError("%s must be a number", bound)
			}
			l.Push(lua.LNumber(n))
			return 1
		}))
	}
	fallback := s.l.CreateTable(0, 1)
	fallback.RawSetString("__index", internal)
	t.Metatable = fallback

	mt := s.l.CreateTable(0, 10)
	mt.RawSetString("__index", t)
	for _, op := range arithmeticEvents {
		mt.RawSetString(op.event, s.bind(func(s *State, l *lua.LState) int { return s.textArithmetic(l, op.f) }))
	}
	s.fill(mt, []entry{{"__call", func(s *State, l *lua.LState) int {
		s.raise(l, "call", useCall, "", l.Get(1))
		return 0
	}}})
	s.l.SetMetatable(lua.LString(""), mt)
}

// position1 turns an index of Lua, maybe from the end, into one from 1.
func position1(i, n int) int {
	if i < 0 {
		if i = n + i + 1; i < 0 {
			return 0
		}
	}
	return i
}

// span is the Go range of the Lua range i..j.
func span(i, j, n int) (int, int) {
	i, j = position1(i, n), position1(j, n)
	i, j = max(i, 1), min(j, n)
	if i > j {
		return 0, 0
	}
	return i - 1, j
}

func strLen(s *State, l *lua.LState) int { return giveNumber(l, float64(len(argText(l, 1)))) }

func strSub(s *State, l *lua.LState) int {
	text := argText(l, 1)
	from, to := span(argInt(l, 2), optInt(l, 3, -1), len(text))
	l.Push(piece(text, from, to))
	return 1
}

func strByte(s *State, l *lua.LState) int {
	text := argText(l, 1)
	i := optInt(l, 2, 1)
	from, to := span(i, optInt(l, 3, position1(i, len(text))), len(text))
	if to-from > maxResults {
		l.RaiseError("stack overflow (string slice too long)")
	}
	for _, c := range []byte(text[from:to]) {
		l.Push(lua.LNumber(c))
	}
	return to - from
}

func strChar(s *State, l *lua.LState) int {
	b := make([]byte, l.GetTop())
	for i := range b {
		c := argInt(l, i+1)
		if c < 0 || c > 255 {
			l.ArgError(i+1, "invalid value")
		}
		b[i] = byte(c)
	}
	return giveText(l, string(b))
}

func strDump(s *State, l *lua.LState) int {
	f := argFunction(l, 1)
	if f.IsG {
		l.RaiseError("unable to dump given function")
	}
	return giveText(l, s.dump(f))
}

func strRep(s *State, l *lua.LState) int {
	text, n := argText(l, 1), argInt(l, 2)
	if n <= 0 || text == "" {
		return giveText(l, "")
	}
	if n > maxString/len(text) {
		s.room(l, -1)
	}
	s.room(l, n*len(text))
	return giveText(l, strings.Repeat(text, n))
}

func strReverse(s *State, l *lua.LState) int {
	b := []byte(argText(l, 1))
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return giveText(l, string(b))
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

func strLower(s *State, l *lua.LState) int { return giveText(l, mapBytes(argText(l, 1), 'A', 'Z')) }
func strUpper(s *State, l *lua.LState) int { return giveText(l, mapBytes(argText(l, 1), 'a', 'z')) }

func strFind(s *State, l *lua.LState) int  { return s.search(l, true) }
func strMatch(s *State, l *lua.LState) int { return s.search(l, false) }

const patternSpecials = "^$*+?.([%-"

func (s *State) search(l *lua.LState, find bool) int {
	text, pat := argText(l, 1), argText(l, 2)
	init := position1(optInt(l, 3, 1), len(text)) - 1
	init = min(max(init, 0), len(text))
	if find && (lua.LVAsBool(l.Get(4)) || !strings.ContainsAny(pat, patternSpecials)) {
		i := strings.Index(text[init:], pat)
		if i < 0 {
			l.Push(lua.LNil)
			return 1
		}
		i += init
		return give(l, lua.LNumber(i+1), lua.LNumber(i+len(pat)))
	}
	m := matcher{s: s, l: l, src: text, pat: pat}
	from, to, ok := m.search(init)
	switch {
	case !ok:
		l.Push(lua.LNil)
		return 1
	case find:
		l.Push(lua.LNumber(from + 1))
		l.Push(lua.LNumber(to))
		return 2 + m.pushCaptures(from, to, false)
	}
	return m.pushCaptures(from, to, true)
}

func strGMatch(s *State, l *lua.LState) int {
	text, pat := argText(l, 1), argText(l, 2)
	at := 0
	l.Push(l.NewClosure(func(l *lua.LState) int {
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

func strGSub(s *State, l *lua.LState) int {
	text, pat := argText(l, 1), argText(l, 2)
	repl := l.Get(3)
	limit := optInt(l, 4, len(text)+1)
	switch repl.Type() {
	case lua.LTString, lua.LTNumber, lua.LTTable, lua.LTFunction:
	default:
		l.ArgError(3, "string/function/table expected")
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
			s.room(l, len(b))
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
	return give(l, lua.LString(b), lua.LNumber(n))
}

// replace appends what a match is replaced by.
func (m *matcher) replace(b []byte, repl lua.LValue, from, to int) []byte {
	var v lua.LValue
	switch r := repl.(type) {
	case *lua.LFunction:
		m.l.Push(r)
		n := m.pushCaptures(from, to, true)
		m.l.Call(n, 1)
		v = m.l.Get(-1)
		m.l.Pop(1)
	case *lua.LTable:
		v = m.l.GetTable(r, m.capture(0, from, to))
	default:
		text, _ := toText(r)
		return m.expand(b, text, from, to)
	}
	if !lua.LVAsBool(v) {
		return append(b, m.src[from:to]...)
	}
	text, ok := toText(v)
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
			text, _ := toText(m.capture(int(c-'1'), from, to))
			b = append(b, text...)
		}
	}
	return b
}
