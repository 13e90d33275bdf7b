package lua

import (
	"iter"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// activation is a call on the stack of a thread, or a function without one.
type activation struct {
	l     *glua.LState
	frame *frame // nil: only f
	level int    // of the engine
	f     *glua.LFunction
	lost  bool // a call that a tail call replaced
}

// calls are the calls of thread t, the last one first, as function l sees them: ours
// that scripts do not know are left out, and yield is there that the engine takes off
// the stack of a thread that waits.
func (s *State) calls(l, t *glua.LState) iter.Seq[activation] {
	return func(yield func(activation) bool) {
		if waits(l, t) && !yield(activation{l: t, f: s.yield}) {
			return
		}
		level := 0
		for f := topFrame(t); f != nil; f = f.Parent {
			if !s.hidden[f.Fn] && !yield(activation{l: t, frame: f, level: level, f: f.Fn}) {
				return
			}
			level++
			if f.Fn.IsG {
				continue
			}
			for range f.TailCall {
				if !yield(activation{l: t, lost: true}) {
					return
				}
				level++
			}
		}
	}
}

// waits tells whether thread t waits in yield, while l runs.
func waits(l, t *glua.LState) bool {
	for ; l != nil; l = l.Parent {
		if l == t {
			return false
		}
	}
	return topFrame(t) != nil
}

// callAt finds the call at a level of thread t for a function that runs in l; 0 is
// the last one.
func (s *State) callAt(l, t *glua.LState, level int) (a activation, ok bool) {
	if level < 0 {
		return a, false
	}
	for a := range s.calls(l, t) {
		if level == 0 {
			return a, true
		}
		level--
	}
	return a, false
}

// line is the line it is at, -1 when it has none.
func (a activation) line() int {
	if a.frame == nil {
		return -1
	}
	return a.frame.line()
}

// what kind of function it is.
func (a activation) what() string {
	switch {
	case a.lost:
		return "tail"
	case a.f.IsG:
		return "C"
	case a.f.Proto.LineDefined == 0:
		return "main"
	}
	return "Lua"
}

// source is where the function was written, in full and as messages show it.
func (s *State) source(a activation) (full, short string) {
	switch {
	case a.lost:
		return "=(tail call)", "(tail call)"
	case a.f.IsG:
		return "=[C]", "[C]"
	}
	short = a.f.Proto.SourceName
	if p := s.textOf(a.f.Proto); p != nil {
		return p.source, short
	}
	return "=" + short, short
}

// name is how the caller calls the function, and what that name is of.
func (s *State) name(a activation) (name, kind string) {
	if a.frame == nil {
		if a.f == s.yield {
			return "yield", "field"
		}
		return "", ""
	}
	caller := a.frame.Parent
	if caller == nil || caller.Fn.IsG || a.what() == "main" {
		return "", ""
	}
	called := calledAs(a.frame)
	p := s.textOf(caller.Fn.Proto)
	if called == "" || p == nil {
		return "", ""
	}
	line := caller.line()
	for _, n := range p.names {
		kind, name, _ := strings.Cut(n.name, " ")
		if name = strings.Trim(name, "'"); n.use == useCall && n.line == line && name == called {
			return name, kind
		}
	}
	return "", ""
}

// calledAs is the name that the caller has for the function of a call, "" when it has
// none.
func calledAs(f *frame) string {
	caller := f.Parent
	if caller == nil || caller.Fn.IsG || f.TailCall > 0 && !f.Fn.IsG {
		return ""
	}
	for _, call := range caller.Fn.Proto.DbgCalls {
		if call.Pc == caller.at() && call.Name != "?" && !strings.HasPrefix(call.Name, "(") {
			return call.Name
		}
	}
	return ""
}
