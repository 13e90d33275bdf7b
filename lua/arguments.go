package lua

import (
	glua "github.com/yuin/gopher-lua"
)

// typeName is the type of argument n in messages.
func typeName(l *glua.LState, n int) string {
	if n > l.GetTop() {
		return "no value"
	}
	return l.Get(n).Type().String()
}

func WrongType(l *glua.LState, n int, want string) {
	ArgError(l, n, want+" expected, got "+typeName(l, n))
}

// ArgText is argument n as a string; numbers are converted.
func ArgText(l *glua.LState, n int) string {
	s, ok := ToText(l.Get(n))
	if !ok {
		WrongType(l, n, "string")
	}
	return s
}

func OptText(l *glua.LState, n int, missing string) string {
	if l.Get(n) == glua.LNil {
		return missing
	}
	return ArgText(l, n)
}

// ArgNumber is argument n as a number; strings are converted.
func ArgNumber(l *glua.LState, n int) float64 {
	f, ok := ToNumber(l.Get(n))
	if !ok {
		WrongType(l, n, "number")
	}
	return f
}

func ArgInt(l *glua.LState, n int) int { return ToInt(ArgNumber(l, n)) }

func OptNumber(l *glua.LState, n int, missing float64) float64 {
	if l.Get(n) == glua.LNil {
		return missing
	}
	return ArgNumber(l, n)
}

func OptInt(l *glua.LState, n, missing int) int {
	if l.Get(n) == glua.LNil {
		return missing
	}
	return ArgInt(l, n)
}

func ArgTable(l *glua.LState, n int) *glua.LTable {
	t, ok := l.Get(n).(*glua.LTable)
	if !ok {
		WrongType(l, n, "table")
	}
	return t
}

func ArgFunction(l *glua.LState, n int) *glua.LFunction {
	f, ok := l.Get(n).(*glua.LFunction)
	if !ok {
		WrongType(l, n, "function")
	}
	return f
}

// RawAt is t[i] without metamethods, for any i: the engine's own way looks into
// the array part only, which begins at 1.
func RawAt(t *glua.LTable, i int) glua.LValue { return t.RawGet(glua.LNumber(i)) }

func ArgAny(l *glua.LState, n int) glua.LValue {
	if n > l.GetTop() {
		ArgError(l, n, "value expected")
	}
	return l.Get(n)
}

// Give pushes values as results.
func Give(l *glua.LState, vs ...glua.LValue) int {
	for _, v := range vs {
		l.Push(v)
	}
	return len(vs)
}

func GiveText(l *glua.LState, s string) int {
	l.Push(glua.LString(s))
	return 1
}

func GiveNumber(l *glua.LState, f float64) int {
	l.Push(glua.LNumber(f))
	return 1
}
