package lua

import (
	glua "github.com/yuin/gopher-lua"
)

func (s *State) openCoroutines() {
	s.openEngine("coroutine", glua.OpenCoroutine)
	t := s.l.G.Global.RawGetString("coroutine").(*glua.LTable)
	engine := func(name string) glua.LGFunction { return t.RawGetString(name).(*glua.LFunction).GFunction }
	create, resume, yield := engine("create"), engine("resume"), engine("yield")
	run := func(s *State, l *glua.LState) int {
		if s.nested >= maxNested {
			return Give(l, glua.LFalse, glua.LString("C stack overflow"))
		}
		if status := l.Status(argCoroutine(l)); status != "suspended" {
			return Give(l, glua.LFalse, glua.LString("cannot resume "+status+" coroutine"))
		}
		cur, nested := s.cur, s.nested
		s.nested++
		n := resume(l)
		s.cur, s.nested = cur, nested
		return n
	}
	s.fill(t, []entry{
		{"create", func(s *State, l *glua.LState) int { return s.newThread(l, create) }},
		{"wrap", func(s *State, l *glua.LState) int {
			s.newThread(l, create)
			l.Push(l.NewClosure(func(l *glua.LState) int {
				l.Insert(l.Get(glua.UpvalueIndex(1)), 1)
				return wrapped(l, run(s, l))
			}, l.Get(-1)))
			return 1
		}},
		{"resume", run},
		{"yield", func(s *State, l *glua.LState) int {
			if l == s.l || s.protected[l] > 0 {
				l.Error(glua.LString("attempt to yield across metamethod/C-call boundary"), 0)
			}
			return yield(l)
		}},
	})
	s.yield, _ = t.RawGetString("yield").(*glua.LFunction)
}

func argCoroutine(l *glua.LState) *glua.LState {
	t, ok := l.Get(1).(*glua.LState)
	if !ok {
		ArgError(l, 1, "coroutine expected")
	}
	return t
}

// newThread makes a coroutine. The engine would tie it to the context of the chunk
// that made it.
func (s *State) newThread(l *glua.LState, create glua.LGFunction) int {
	ArgFunction(l, 1)
	ctx := l.RemoveContext()
	n := create(l)
	l.SetContext(ctx)
	if t, ok := l.Get(-1).(*glua.LState); ok {
		s.watch(t)
	}
	return n
}

// wrapped gives what a coroutine gave, n values on the stack, or raises its error.
func wrapped(l *glua.LState, n int) int {
	if l.Get(-n) != glua.LFalse {
		return n - 1
	}
	v := l.Get(-1)
	if text, ok := ToText(v); ok {
		v = glua.LString(position(l, 1) + text)
	}
	l.Error(v, 0)
	return 0
}
