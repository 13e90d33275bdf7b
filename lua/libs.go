package lua

import (
	"math"
	"math/rand/v2"

	glua "github.com/yuin/gopher-lua"
)

func (s *State) openTables() {
	s.openEngine("table", glua.OpenTable)
	t := s.l.G.Global.RawGetString("table").(*glua.LTable)
	sort := t.RawGetString("sort").(*glua.LFunction).GFunction
	insert := t.RawGetString("insert").(*glua.LFunction).GFunction
	remove := t.RawGetString("remove").(*glua.LFunction).GFunction
	s.library("table", []entry{
		{"sort", func(_ *State, l *glua.LState) int { return sort(l) }},
		{"concat", tableConcat}, {"foreach", tableForEach}, {"foreachi", tableForEachI},
		{"insert", func(_ *State, l *glua.LState) int {
			ArgTable(l, 1)
			if n := l.GetTop(); n != 2 && n != 3 {
				l.RaiseError("wrong number of arguments to 'insert'")
			}
			return insert(l)
		}},
		{"remove", func(_ *State, l *glua.LState) int {
			if ArgTable(l, 1).Len() == 0 {
				return 0
			}
			return remove(l)
		}},
	})
}

func tableConcat(s *State, l *glua.LState) int {
	t := ArgTable(l, 1)
	sep := OptText(l, 2, "")
	from := OptInt(l, 3, 1)
	to := OptInt(l, 4, t.Len())
	var b []byte
	for i := from; i <= to; i++ {
		switch v := RawAt(t, i).(type) {
		case glua.LString:
			b = append(b, v...)
		case glua.LNumber:
			b = appendNumber(b, float64(v))
		default:
			l.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		if i < to {
			b = append(b, sep...)
		}
		s.Room(l, len(b))
	}
	return GiveText(l, string(b))
}

func tableForEach(s *State, l *glua.LState) int {
	t, f := ArgTable(l, 1), ArgFunction(l, 2)
	for k, v := l.Next(t, glua.LNil); k != glua.LNil; k, v = l.Next(t, k) {
		if r := call2(l, f, k, v); r != glua.LNil {
			l.Push(r)
			return 1
		}
	}
	return 0
}

func tableForEachI(s *State, l *glua.LState) int {
	t, f := ArgTable(l, 1), ArgFunction(l, 2)
	for i := 1; i <= t.Len(); i++ {
		if r := call2(l, f, glua.LNumber(i), RawAt(t, i)); r != glua.LNil {
			l.Push(r)
			return 1
		}
	}
	return 0
}

func call2(l *glua.LState, f glua.LValue, a, b glua.LValue) glua.LValue {
	l.Push(f)
	l.Push(a)
	l.Push(b)
	l.Call(2, 1)
	r := l.Get(-1)
	l.Pop(1)
	return r
}

func (s *State) openMath() {
	s.openEngine("math", glua.OpenMath)
	s.library("math", []entry{
		{"fmod", mathFMod}, {"mod", mathFMod}, {"log10", math1(math.Log10)}, {"log", math1(math.Log)},
		{"floor", math1(math.Floor)}, {"ceil", math1(math.Ceil)}, {"abs", math1(math.Abs)}, {"sqrt", math1(math.Sqrt)},
		{"sin", math1(math.Sin)}, {"cos", math1(math.Cos)}, {"tan", math1(math.Tan)}, {"exp", math1(math.Exp)},
		{"asin", math1(math.Asin)}, {"acos", math1(math.Acos)}, {"atan", math1(math.Atan)},
		{"pow", func(s *State, l *glua.LState) int { return GiveNumber(l, math.Pow(ArgNumber(l, 1), ArgNumber(l, 2))) }},
		{"atan2", func(s *State, l *glua.LState) int { return GiveNumber(l, math.Atan2(ArgNumber(l, 1), ArgNumber(l, 2))) }},
		{"max", mathExtreme(math.Max)}, {"min", mathExtreme(math.Min)},
		{"random", mathRandom}, {"randomseed", func(s *State, l *glua.LState) int { s.seed(uint64(int64(ArgInt(l, 1)))); return 0 }},
	}).RawSetString("huge", glua.LNumber(math.Inf(1)))
	s.seed(1)
}

func (s *State) seed(n uint64) { s.random = rand.New(rand.NewPCG(n, n)) }

// mathRandom is a number from 0 to 1, or a whole one from 1 or m to n.
func mathRandom(s *State, l *glua.LState) int {
	switch n := l.GetTop(); {
	case n == 0:
		return GiveNumber(l, s.random.Float64())
	case n > 2:
		l.RaiseError("wrong number of arguments")
	}
	low, high := 1, ArgInt(l, 1)
	last := 1
	if l.GetTop() > 1 {
		low, high, last = high, ArgInt(l, 2), 2
	}
	if low > high {
		ArgError(l, last, "interval is empty")
	}
	return GiveNumber(l, math.Floor(s.random.Float64()*(float64(high)-float64(low)+1))+float64(low))
}

// math1 makes a library function of one number.
func math1(f func(float64) float64) Function {
	return func(s *State, l *glua.LState) int { return GiveNumber(l, f(ArgNumber(l, 1))) }
}

func mathFMod(s *State, l *glua.LState) int {
	return GiveNumber(l, math.Mod(ArgNumber(l, 1), ArgNumber(l, 2)))
}

func mathExtreme(f func(a, b float64) float64) Function {
	return func(s *State, l *glua.LState) int {
		v := ArgNumber(l, 1)
		for i := 2; i <= l.GetTop(); i++ {
			v = f(v, ArgNumber(l, i))
		}
		return GiveNumber(l, v)
	}
}
