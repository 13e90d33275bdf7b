package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// concat is the operator "..": argument 1 describes the operands, which follow.
func (s *State) concat(l *glua.LState) int {
	n := l.GetTop()
	size := 0
	plain := true
	for i := 2; i <= n; i++ {
		switch v := l.Get(i).(type) {
		case glua.LString:
			size += len(v)
		case glua.LNumber:
			size += 20
		default:
			plain = false
		}
	}
	if !plain {
		return s.concatObjects(l)
	}
	s.Room(l, size)
	if n == 3 {
		a, okA := l.Get(2).(glua.LString)
		b, okB := l.Get(3).(glua.LString)
		if okA && okB {
			l.Push(a + b)
			return 1
		}
	}
	b := make([]byte, 0, size)
	for i := 2; i <= n; i++ {
		switch v := l.Get(i).(type) {
		case glua.LString:
			b = append(b, v...)
		case glua.LNumber:
			b = appendNumber(b, float64(v))
		}
	}
	l.Push(glua.LString(b))
	return 1
}

// MaxString bounds strings that scripts make.
const MaxString = 1 << 30

// concatObjects joins from the right, with metamethods.
func (s *State) concatObjects(l *glua.LState) int {
	about, _ := ToText(l.Get(1))
	names := strings.Split(about, "\n")
	right := l.Get(l.GetTop())
	for i := l.GetTop() - 1; i >= 2; i-- {
		left := l.Get(i)
		a, okA := ToText(left)
		b, okB := ToText(right)
		if okA && okB {
			s.Room(l, len(a)+len(b))
			right = glua.LString(a + b)
			continue
		}
		m := l.GetMetaField(left, "__concat")
		if m == glua.LNil {
			m = l.GetMetaField(right, "__concat")
		}
		if m == glua.LNil {
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
