package lua

import (
	"math"

	glua "github.com/yuin/gopher-lua"
)

// arithmeticEvent is an operator on numbers that may be written as strings.
type arithmeticEvent struct {
	event string
	f     func(a, b float64) float64
}

var arithmeticEvents = []arithmeticEvent{
	{"__add", func(a, b float64) float64 { return a + b }},
	{"__sub", func(a, b float64) float64 { return a - b }},
	{"__mul", func(a, b float64) float64 { return a * b }},
	{"__div", func(a, b float64) float64 { return a / b }},
	{"__mod", func(a, b float64) float64 { return a - math.Floor(a/b)*b }},
	{"__pow", math.Pow},
	{"__unm", func(a, _ float64) float64 { return -a }},
}

// textArithmetic is an operator with an operand that is no number. The engine
// would read "010" as octal.
func (s *State) textArithmetic(l *glua.LState, f func(a, b float64) float64) int {
	av, bv := l.Get(1), l.Get(2)
	if l.GetTop() < 2 {
		bv = av // unary minus
	}
	a, okA := ToNumber(av)
	b, okB := ToNumber(bv)
	if okA && okB {
		return GiveNumber(l, f(a, b))
	}
	for _, v := range []glua.LValue{av, bv} {
		if r, ok := s.otherMetamethod(l, v, f, av, bv); ok {
			l.Push(r)
			return 1
		}
	}
	wrong := av
	if okA {
		wrong = bv
	}
	s.raise(l, "perform arithmetic on", useArith, "", wrong)
	return 0
}

// otherMetamethod calls the operator that a table or userdata has itself.
func (s *State) otherMetamethod(l *glua.LState, v glua.LValue, f func(a, b float64) float64, a, b glua.LValue) (glua.LValue, bool) {
	if v.Type() != glua.LTTable && v.Type() != glua.LTUserData {
		return nil, false
	}
	for _, op := range arithmeticEvents {
		if op.f(7, 3) != f(7, 3) {
			continue
		}
		if m, ok := l.GetMetaField(v, op.event).(*glua.LFunction); ok {
			l.Push(m)
			l.Push(a)
			l.Push(b)
			l.Call(2, 1)
			r := l.Get(-1)
			l.Pop(1)
			return r, true
		}
	}
	return nil, false
}
