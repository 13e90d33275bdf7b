package luabind

import (
	lua "github.com/yuin/gopher-lua"
)

// typeName is the type of argument n in messages.
func typeName(l *lua.LState, n int) string {
	if n > l.GetTop() {
		return "no value"
	}
	return l.Get(n).Type().String()
}

func wrongType(l *lua.LState, n int, want string) {
	l.ArgError(n, want+" expected, got "+typeName(l, n))
}

// argText is argument n as a string; numbers are converted.
func argText(l *lua.LState, n int) string {
	s, ok := toText(l.Get(n))
	if !ok {
		wrongType(l, n, "string")
	}
	return s
}

func optText(l *lua.LState, n int, missing string) string {
	if l.Get(n) == lua.LNil {
		return missing
	}
	return argText(l, n)
}

// argNumber is argument n as a number; strings are converted.
func argNumber(l *lua.LState, n int) float64 {
	f, ok := toNumber(l.Get(n))
	if !ok {
		wrongType(l, n, "number")
	}
	return f
}

// looseInt is argument n as the functions of the server take it: what is no number
// counts as 0.
func looseInt(l *lua.LState, n int) int {
	f, ok := toNumber(l.Get(n))
	if !ok {
		return 0
	}
	return toInt(f)
}

func argInt(l *lua.LState, n int) int { return toInt(argNumber(l, n)) }

func optNumber(l *lua.LState, n int, missing float64) float64 {
	if l.Get(n) == lua.LNil {
		return missing
	}
	return argNumber(l, n)
}

func optInt(l *lua.LState, n, missing int) int {
	if l.Get(n) == lua.LNil {
		return missing
	}
	return argInt(l, n)
}

func argTable(l *lua.LState, n int) *lua.LTable {
	t, ok := l.Get(n).(*lua.LTable)
	if !ok {
		wrongType(l, n, "table")
	}
	return t
}

func argFunction(l *lua.LState, n int) *lua.LFunction {
	f, ok := l.Get(n).(*lua.LFunction)
	if !ok {
		wrongType(l, n, "function")
	}
	return f
}

// rawAt is t[i] without metamethods, for any i: the engine's own way looks into
// the array part only, which begins at 1.
func rawAt(t *lua.LTable, i int) lua.LValue { return t.RawGet(lua.LNumber(i)) }

func argAny(l *lua.LState, n int) lua.LValue {
	if n > l.GetTop() {
		l.ArgError(n, "value expected")
	}
	return l.Get(n)
}

// give pushes values as results.
func give(l *lua.LState, vs ...lua.LValue) int {
	for _, v := range vs {
		l.Push(v)
	}
	return len(vs)
}

func giveText(l *lua.LState, s string) int {
	l.Push(lua.LString(s))
	return 1
}

func giveNumber(l *lua.LState, f float64) int {
	l.Push(lua.LNumber(f))
	return 1
}
