package lua

import (
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

func (s *State) openDebug() {
	s.openEngine("debug", glua.OpenDebug)
	s.library("debug", []entry{
		{"getinfo", debugGetInfo}, {"getlocal", debugGetLocal}, {"setlocal", debugSetLocal}, {"traceback", debugTraceback},
		{"sethook", debugSetHook}, {"gethook", debugGetHook},
		{"getregistry", func(s *State, l *glua.LState) int { l.Push(l.Get(glua.RegistryIndex)); return 1 }},
	})
}

// argThread is the thread a function of debug is about: its first argument, or the
// running one. next is where the other arguments begin.
func argThread(l *glua.LState) (t *glua.LState, next int) {
	if t, ok := l.Get(1).(*glua.LState); ok {
		return t, 2
	}
	return l, 1
}

// debugGetInfo is getinfo([thread,] function or level [, what]).
func debugGetInfo(s *State, l *glua.LState) int {
	t, next := argThread(l)
	what := OptText(l, next+1, "flnSu")
	var a activation
	if f, ok := l.Get(next).(*glua.LFunction); ok {
		a = activation{l: t, f: f}
	} else {
		level, ok := ToNumber(l.Get(next))
		if !ok {
			ArgError(l, next, "function or level expected")
		}
		if a, ok = s.callAt(l, t, ToInt(level)); !ok {
			l.Push(glua.LNil)
			return 1
		}
	}
	if i := strings.IndexFunc(what, func(c rune) bool { return !strings.ContainsRune("SlnufL", c) }); i >= 0 {
		ArgError(l, next+1, "invalid option")
	}
	info := l.CreateTable(0, 10)
	for _, c := range what {
		s.inform(info, a, c)
	}
	l.Push(info)
	return 1
}

// inform sets the fields of one option.
func (s *State) inform(info *glua.LTable, a activation, option rune) {
	number := func(key string, n int) { info.RawSetString(key, glua.LNumber(n)) }
	text := func(key, v string) { info.RawSetString(key, glua.LString(v)) }
	isLua := !a.lost && !a.f.IsG
	switch option {
	case 'S':
		full, short := s.source(a)
		text("source", full)
		text("short_src", short)
		text("what", a.what())
		first, last := -1, -1
		if isLua {
			first, last = a.f.Proto.LineDefined, a.f.Proto.LastLineDefined
		}
		number("linedefined", first)
		number("lastlinedefined", last)
	case 'l':
		number("currentline", a.line())
	case 'u':
		n := 0
		if !a.lost {
			n = len(a.f.Upvalues)
		}
		number("nups", n)
	case 'n':
		name, kind := s.name(a)
		if name != "" {
			text("name", name)
		}
		text("namewhat", kind)
	case 'f':
		if !a.lost {
			info.RawSetString("func", a.f)
		}
	case 'L':
		if isLua {
			info.RawSetString("activelines", activeLines(a.l, a.f.Proto))
		}
	}
}

func activeLines(l *glua.LState, p *glua.FunctionProto) *glua.LTable {
	t := l.NewTable()
	for _, line := range p.DbgSourcePositions {
		t.RawSetInt(line, glua.LTrue)
	}
	return t
}

// localAt finds the call of a function of debug that names a local variable.
func (s *State) localAt(l *glua.LState) (a activation, next int) {
	t, next := argThread(l)
	a, ok := s.callAt(l, t, ArgInt(l, next))
	if !ok {
		ArgError(l, next, "level out of range")
	}
	return a, next + 1
}

// local is the name of a local variable or other value on the stack.
func (a activation) local(n int) (string, glua.LValue) {
	if n <= 0 || a.frame == nil {
		return "", glua.LNil
	}
	dbg, _ := a.l.GetStack(a.level)
	name, v := a.l.GetLocal(dbg, n)
	if name == "" || a.f.IsG {
		return name, v
	}
	at, pc := n, a.frame.at()
	for _, d := range a.f.Proto.DbgLocals {
		if d.StartPc > pc {
			break
		}
		if pc <= d.EndPc {
			if at--; at == 0 {
				return d.Name, v
			}
		}
	}
	return "(*temporary)", v
}

func debugGetLocal(s *State, l *glua.LState) int {
	a, next := s.localAt(l)
	if name, v := a.local(ArgInt(l, next)); name != "" {
		return Give(l, glua.LString(name), v)
	}
	l.Push(glua.LNil)
	return 1
}

func debugSetLocal(s *State, l *glua.LState) int {
	a, next := s.localAt(l)
	v := ArgAny(l, next+1)
	n := ArgInt(l, next)
	if name, _ := a.local(n); name != "" {
		dbg, _ := a.l.GetStack(a.level)
		a.l.SetLocal(dbg, n, v)
		return GiveText(l, name)
	}
	l.Push(glua.LNil)
	return 1
}

// A traceback shows the levels below the first and the last ones of a stack that is
// longer than both.
const (
	tracebackTop    = 12
	tracebackBottom = 10
)

// debugTraceback is traceback([thread,] [message [, level]]).
func debugTraceback(s *State, l *glua.LState) int {
	t, next := argThread(l)
	if v := l.Get(next); v != glua.LNil && v.Type() != glua.LTString && v.Type() != glua.LTNumber {
		l.Push(v)
		return 1
	}
	level := 1
	if t != l {
		level = 0
	}
	text := OptText(l, next, "")
	if l.Get(next) != glua.LNil {
		text += "\n"
	}
	return GiveText(l, text+"stack traceback:"+s.traceback(l, t, OptInt(l, next+1, level)))
}

func (s *State) traceback(l, t *glua.LState, level int) string {
	n := 0
	for range s.calls(l, t) {
		n++
	}
	long := n >= tracebackTop+tracebackBottom+2 && level <= tracebackTop
	var b strings.Builder
	at := 0
	for a := range s.calls(l, t) {
		switch {
		case at < level || long && at > tracebackTop && at < n-tracebackBottom:
		case long && at == tracebackTop:
			b.WriteString("\n\t...")
		default:
			b.WriteString("\n\t" + s.traceLine(a))
		}
		at++
	}
	return b.String()
}

func (s *State) traceLine(a activation) string {
	_, short := s.source(a)
	line := short + ":"
	if n := a.line(); n > 0 {
		line += itoa(n) + ":"
	}
	name, kind := s.name(a)
	switch what := a.what(); {
	case kind != "":
		return line + " in function '" + name + "'"
	case what == "main":
		return line + " in main chunk"
	case what == "Lua":
		return line + fmt.Sprintf(" in function <%s:%d>", short, a.f.Proto.LineDefined)
	}
	return line + " ?"
}
