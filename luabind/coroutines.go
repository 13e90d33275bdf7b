package luabind

import (
	lua "github.com/yuin/gopher-lua"
)

func (s *State) openCoroutines() {
	s.openEngine("coroutine", lua.OpenCoroutine)
	t := s.l.G.Global.RawGetString("coroutine").(*lua.LTable)
	engine := func(name string) lua.LGFunction { return t.RawGetString(name).(*lua.LFunction).GFunction }
	create, resume, yield := engine("create"), engine("resume"), engine("yield")
	run := func(s *State, l *lua.LState) int {
		if s.nested >= maxNested {
			return give(l, lua.LFalse, lua.LString("C stack overflow"))
		}
		cur, nested, top := s.cur, s.nested, l.GetTop()
		s.nested++
		n := resume(l)
		s.cur, s.nested = cur, nested
		if n == 2 && l.Get(top+1) == lua.LFalse {
			l.Replace(top+2, s.polishValue(l.Get(top+2)))
		}
		return n
	}
	s.fill(t, []entry{
		{"create", func(s *State, l *lua.LState) int { return s.newThread(l, create) }},
		{"wrap", func(s *State, l *lua.LState) int {
			s.newThread(l, create)
			l.Push(l.NewClosure(func(l *lua.LState) int {
				l.Insert(l.Get(lua.UpvalueIndex(1)), 1)
				return wrapped(l, run(s, l))
			}, l.Get(-1)))
			return 1
		}},
		{"resume", run},
		{"yield", func(s *State, l *lua.LState) int {
			if l == s.l || s.protected[l] > 0 {
				l.Error(lua.LString("attempt to yield across metamethod/C-call boundary"), 0)
			}
			return yield(l)
		}},
	})
	s.yield, _ = t.RawGetString("yield").(*lua.LFunction)
}

// newThread makes a coroutine. The engine would tie it to the context of the chunk
// that made it.
func (s *State) newThread(l *lua.LState, create lua.LGFunction) int {
	argFunction(l, 1)
	ctx := l.RemoveContext()
	n := create(l)
	l.SetContext(ctx)
	if t, ok := l.Get(-1).(*lua.LState); ok {
		s.watch(t)
	}
	return n
}

// wrapped gives what a coroutine gave, n values on the stack, or raises its error.
func wrapped(l *lua.LState, n int) int {
	if l.Get(-n) != lua.LFalse {
		return n - 1
	}
	v := l.Get(-1)
	if text, ok := toText(v); ok {
		v = lua.LString(position(l, 1) + text)
	}
	l.Error(v, 0)
	return 0
}
