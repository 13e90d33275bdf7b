package lua

import (
	"regexp"
	"strings"
	"sync"

	glua "github.com/yuin/gopher-lua"
)

// Messages of the engine that have another text in Lua 5.1.
var (
	badArgument = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`bad argument #(\d+) to ([^' ][^ ]*) \(`) })
	arithmetic  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`cannot perform (?:add|sub|mul|div|mod|pow) operation between (\w+) and (\w+)`)
	})
	unaryMinus = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`__unm undefined`) })
	compared   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`attempt to compare (\w+) with (\w+)`) })
	invalidOpt = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(: |^)can not yield from outside of a coroutine`) })
)

// polish gives a message of the engine the words of Lua 5.1.
func (s *State) polish(msg string) string {
	switch {
	case strings.Contains(msg, "bad argument"):
		return badArgument().ReplaceAllStringFunc(msg, func(m string) string {
			p := badArgument().FindStringSubmatch(m)
			return "bad argument #" + p[1] + " to '" + functionName(p[2]) + "' ("
		})
	case strings.Contains(msg, "cannot perform"):
		return arithmetic().ReplaceAllStringFunc(msg, func(m string) string {
			p := arithmetic().FindStringSubmatch(m)
			kind := p[1]
			if kind == "number" || kind == "string" {
				kind = p[2]
			}
			return "attempt to perform arithmetic on a " + kind + " value"
		})
	case strings.Contains(msg, "__unm undefined"):
		return unaryMinus().ReplaceAllString(msg, "attempt to perform arithmetic on a table value")
	case strings.Contains(msg, "__len undefined"):
		return strings.Replace(msg, "__len undefined", "attempt to get length of a function value", 1)
	case strings.Contains(msg, "attempt to call a non-function object"):
		return strings.Replace(msg, "a non-function object", "a table value", 1)
	case strings.Contains(msg, "attempt to compare"):
		return compared().ReplaceAllStringFunc(msg, func(m string) string {
			if p := compared().FindStringSubmatch(m); p[1] == p[2] {
				return "attempt to compare two " + p[1] + " values"
			}
			return m
		})
	case strings.Contains(msg, "for statement"):
		msg = strings.Replace(msg, "for statement init must", "'for' initial value must", 1)
		return strings.Replace(strings.Replace(msg, "for statement limit", "'for' limit", 1), "for statement step", "'for' step", 1)
	case strings.Contains(msg, "can not resume a"):
		msg = strings.Replace(msg, "can not resume a dead thread", "cannot resume dead coroutine", 1)
		return strings.Replace(msg, "can not resume a running thread", "cannot resume running coroutine", 1)
	case strings.Contains(msg, "can not yield from outside"):
		return invalidOpt().ReplaceAllString(msg, "${1}attempt to yield across metamethod/C-call boundary")
	}
	return msg
}

// functionName is how Lua 5.1 calls a function in messages.
func functionName(s string) string {
	if strings.HasPrefix(s, "(") || strings.HasPrefix(s, "<") {
		return "?"
	}
	return s
}

// polishValue is polish for error values.
func (s *State) polishValue(v glua.LValue) glua.LValue {
	if text, ok := v.(glua.LString); ok {
		return glua.LString(s.polish(string(text)))
	}
	return v
}

// caller is the source and line of the Lua function that called the running Go
// function.
func (s *State) caller(l *glua.LState, level int) (dbg *glua.Debug, ok bool) {
	dbg, ok = l.GetStack(level)
	if !ok {
		return nil, false
	}
	if _, err := l.GetInfo("Sl", dbg, glua.LNil); err != nil || dbg.Source == "" {
		return nil, false
	}
	return dbg, true
}

// raise raises the error of a value that can not be used in a way.
func (s *State) raise(l *glua.LState, act string, u use, key string, v glua.LValue) {
	if name := s.nameOf(l, u, key, v); name != "" {
		l.RaiseError("attempt to %s %s(a %s value)", act, name, v.Type())
	}
	l.RaiseError("attempt to %s a %s value", act, v.Type())
}

// nameOf tells how the source calls a value that was used wrongly: "local 'x' ",
// "" when that can not be told.
func (s *State) nameOf(l *glua.LState, u use, key string, v glua.LValue) string {
	dbg, ok := s.caller(l, 1)
	if !ok {
		return ""
	}
	fallback := ""
	called := ""
	if dbg0, ok := l.GetStack(0); ok && u == useCall {
		if _, err := l.GetInfo("n", dbg0, glua.LNil); err == nil {
			called = " '" + functionName(dbg0.Name) + "'"
		}
	}
	fv, err := l.GetInfo("f", dbg, glua.LNil)
	f, ok := fv.(*glua.LFunction)
	if err != nil || !ok {
		return ""
	}
	text := s.textOf(f.Proto)
	if text == nil {
		return ""
	}
	for _, n := range text.names {
		if n.line != dbg.CurrentLine || n.use != u || u == useIndex && n.key != key && n.key != anyKey ||
			!strings.HasSuffix(n.name, called) {
			continue
		}
		kind, name, _ := strings.Cut(n.name, " ")
		held, known := s.valueOf(l, dbg, kind, strings.Trim(name, "'"))
		if known && held == v {
			return n.name + " "
		}
		if !known && fallback == "" {
			fallback = n.name + " "
		}
	}
	return fallback
}

// valueOf is what a variable holds.
func (s *State) valueOf(l *glua.LState, dbg *glua.Debug, kind, name string) (glua.LValue, bool) {
	switch kind {
	case "local":
		var v glua.LValue
		for i := 1; i < 250; i++ {
			n, x := l.GetLocal(dbg, i)
			if n == "" {
				break
			}
			if n == name {
				v = x
			}
		}
		return v, v != nil
	case "global":
		return l.G.Global.RawGetString(name), true
	case "upvalue":
		fv, err := l.GetInfo("f", dbg, glua.LNil)
		f, ok := fv.(*glua.LFunction)
		if err != nil || !ok {
			return nil, false
		}
		for i := 1; ; i++ {
			n, x := l.GetUpvalue(f, i)
			if n == "" {
				return nil, false
			}
			if n == name {
				return x, true
			}
		}
	}
	return nil, false
}

// guardTypes gives the types that have no fields, calls or arithmetic metatables
// that raise the errors of Lua 5.1, with the names of variables.
func (s *State) guardTypes() {
	t := s.l.CreateTable(0, 16)
	index := func(s *State, l *glua.LState) int {
		v, key := l.Get(1), l.Get(2)
		k, _ := ToText(key)
		s.raise(l, "index", useIndex, k, v)
		return 0
	}
	s.fill(t, []entry{
		{"__index", index}, {"__newindex", index},
		{"__call", func(s *State, l *glua.LState) int {
			s.raise(l, "call", useCall, "", l.Get(1))
			return 0
		}},
		{"__len", func(s *State, l *glua.LState) int {
			s.raise(l, "get length of", useLength, "", l.Get(1))
			return 0
		}},
	})
	for _, op := range arithmeticEvents {
		t.RawSetString(op.event, s.Bind(func(s *State, l *glua.LState) int { return s.textArithmetic(l, op.f) }))
	}
	t.ForEach(func(_, v glua.LValue) {
		if f, ok := v.(*glua.LFunction); ok {
			s.guards[f] = true
		}
	})
	for _, v := range []glua.LValue{glua.LNil, glua.LTrue, glua.LNumber(0)} {
		s.l.SetMetatable(v, t)
	}
	// Functions and threads are compared and called by the engine itself.
	part := s.l.CreateTable(0, 12)
	t.ForEach(func(k, v glua.LValue) {
		if k != glua.LString("__call") {
			part.RawSet(k, v)
		}
	})
	s.l.SetMetatable(s.Bind(nothing), part)
	s.l.SetMetatable(s.l, t)
}

func nothing(*State, *glua.LState) int { return 0 }
