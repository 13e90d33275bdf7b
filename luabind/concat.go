package luabind

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// concat is the operator "..": argument 1 describes the operands, which follow.
func (s *State) concat(l *lua.LState) int {
	n := l.GetTop()
	size := 0
	plain := true
	for i := 2; i <= n; i++ {
		switch v := l.Get(i).(type) {
		case lua.LString:
			size += len(v)
		case lua.LNumber:
			size += 20
		default:
			plain = false
		}
	}
	if !plain {
		return s.concatObjects(l)
	}
	s.room(l, size)
	if n == 3 {
		a, okA := l.Get(2).(lua.LString)
		b, okB := l.Get(3).(lua.LString)
		if okA && okB {
			l.Push(a + b)
			return 1
		}
	}
	b := make([]byte, 0, size)
	for i := 2; i <= n; i++ {
		switch v := l.Get(i).(type) {
		case lua.LString:
			b = append(b, v...)
		case lua.LNumber:
			b = appendNumber(b, float64(v))
		}
	}
	l.Push(lua.LString(b))
	return 1
}

// maxString bounds strings that scripts make.
const maxString = 1 << 30

// concatObjects joins from the right, with metamethods.
func (s *State) concatObjects(l *lua.LState) int {
	about, _ := toText(l.Get(1))
	names := strings.Split(about, "\n")
	right := l.Get(l.GetTop())
	for i := l.GetTop() - 1; i >= 2; i-- {
		left := l.Get(i)
		a, okA := toText(left)
		b, okB := toText(right)
		if okA && okB {
			s.room(l, len(a)+len(b))
			right = lua.LString(a + b)
			continue
		}
		m := l.GetMetaField(left, "__concat")
		if m == lua.LNil {
			m = l.GetMetaField(right, "__concat")
		}
		if m == lua.LNil {
			wrong, at := left, i-2
			if okA {
				wrong, at = right, i-1
			}
			name := ""
			if at < len(names) && names[at] != "" {
				name = names[at] + " "
			}
			if name == "" {
				l.RaiseError("attempt to concatenate a %s value", wrong.Type())
			}
			l.RaiseError("attempt to concatenate %s(a %s value)", name, wrong.Type())
		}
		l.Push(m)
		l.Push(left)
		l.Push(right)
		l.Call(2, 1)
		right = l.Get(-1)
		l.Pop(1)
	}
	l.Push(right)
	return 1
}
