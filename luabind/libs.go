package luabind

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"
)

func (s *State) openTables() {
	s.openEngine("table", lua.OpenTable)
	t := s.l.G.Global.RawGetString("table").(*lua.LTable)
	sort := t.RawGetString("sort").(*lua.LFunction).GFunction
	insert := t.RawGetString("insert").(*lua.LFunction).GFunction
	remove := t.RawGetString("remove").(*lua.LFunction).GFunction
	s.library("table", []entry{
		{"sort", func(_ *State, l *lua.LState) int { return sort(l) }},
		{"concat", tableConcat}, {"foreach", tableForEach}, {"foreachi", tableForEachI},
		{"insert", func(_ *State, l *lua.LState) int {
			argTable(l, 1)
			if n := l.GetTop(); n != 2 && n != 3 {
				l.RaiseError("wrong number of arguments to 'insert'")
			}
			return insert(l)
		}},
		{"remove", func(_ *State, l *lua.LState) int {
			if argTable(l, 1).Len() == 0 {
				return 0
			}
			return remove(l)
		}},
	})
}

func tableConcat(s *State, l *lua.LState) int {
	t := argTable(l, 1)
	sep := optText(l, 2, "")
	from := optInt(l, 3, 1)
	to := optInt(l, 4, t.Len())
	var b []byte
	for i := from; i <= to; i++ {
		switch v := rawAt(t, i).(type) {
		case lua.LString:
			b = append(b, v...)
		case lua.LNumber:
			b = appendNumber(b, float64(v))
		default:
			l.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		if i < to {
			b = append(b, sep...)
		}
		s.room(l, len(b))
	}
	return giveText(l, string(b))
}

func tableForEach(s *State, l *lua.LState) int {
	t, f := argTable(l, 1), argFunction(l, 2)
	for k, v := l.Next(t, lua.LNil); k != lua.LNil; k, v = l.Next(t, k) {
		if r := call2(l, f, k, v); r != lua.LNil {
			l.Push(r)
			return 1
		}
	}
	return 0
}

func tableForEachI(s *State, l *lua.LState) int {
	t, f := argTable(l, 1), argFunction(l, 2)
	for i := 1; i <= t.Len(); i++ {
		if r := call2(l, f, lua.LNumber(i), rawAt(t, i)); r != lua.LNil {
			l.Push(r)
			return 1
		}
	}
	return 0
}

func call2(l *lua.LState, f lua.LValue, a, b lua.LValue) lua.LValue {
	l.Push(f)
	l.Push(a)
	l.Push(b)
	l.Call(2, 1)
	r := l.Get(-1)
	l.Pop(1)
	return r
}

func (s *State) openMath() {
	s.openEngine("math", lua.OpenMath)
	s.library("math", []entry{
		{"fmod", mathFMod}, {"mod", mathFMod}, {"log10", math1(math.Log10)}, {"log", math1(math.Log)},
		{"floor", math1(math.Floor)}, {"ceil", math1(math.Ceil)}, {"abs", math1(math.Abs)}, {"sqrt", math1(math.Sqrt)},
		{"sin", math1(math.Sin)}, {"cos", math1(math.Cos)}, {"tan", math1(math.Tan)}, {"exp", math1(math.Exp)},
		{"asin", math1(math.Asin)}, {"acos", math1(math.Acos)}, {"atan", math1(math.Atan)},
		{"pow", func(s *State, l *lua.LState) int { return giveNumber(l, math.Pow(argNumber(l, 1), argNumber(l, 2))) }},
		{"atan2", func(s *State, l *lua.LState) int { return giveNumber(l, math.Atan2(argNumber(l, 1), argNumber(l, 2))) }},
		{"max", mathExtreme(math.Max)}, {"min", mathExtreme(math.Min)},
		{"random", mathRandom}, {"randomseed", func(s *State, l *lua.LState) int { s.seed(uint64(int64(argInt(l, 1)))); return 0 }},
	}).RawSetString("huge", lua.LNumber(math.Inf(1)))
	s.seed(1)
}

func (s *State) seed(n uint64) { s.random = rand.New(rand.NewPCG(n, n)) }

// mathRandom is a number from 0 to 1, or a whole one from 1 or m to n.
func mathRandom(s *State, l *lua.LState) int {
	switch n := l.GetTop(); {
	case n == 0:
		return giveNumber(l, s.random.Float64())
	case n > 2:
		l.RaiseError("wrong number of arguments")
	}
	low, high := 1, argInt(l, 1)
	last := 1
	if l.GetTop() > 1 {
		low, high, last = high, argInt(l, 2), 2
	}
	if low > high {
		l.ArgError(last, "interval is empty")
	}
	return giveNumber(l, math.Floor(s.random.Float64()*(float64(high)-float64(low)+1))+float64(low))
}

// math1 makes a library function of one number.
func math1(f func(float64) float64) goFunction {
	return func(s *State, l *lua.LState) int { return giveNumber(l, f(argNumber(l, 1))) }
}

func mathFMod(s *State, l *lua.LState) int {
	return giveNumber(l, math.Mod(argNumber(l, 1), argNumber(l, 2)))
}

func mathExtreme(f func(a, b float64) float64) goFunction {
	return func(s *State, l *lua.LState) int {
		v := argNumber(l, 1)
		for i := 2; i <= l.GetTop(); i++ {
			v = f(v, argNumber(l, i))
		}
		return giveNumber(l, v)
	}
}
