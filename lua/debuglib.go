package lua

import (
	"fmt"
	"sort"
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

// activation is a call on the stack of a thread, or a function without one.
type activation struct {
	l      *glua.LState
	dbg    *glua.Debug // nil: only f
	f      *glua.LFunction
	parent int  // level that the engine gives the caller
	lost   bool // a call that a tail call replaced
}

// waits tells whether thread t waits in yield, while l runs.
func waits(l, t *glua.LState) bool {
	for ; l != nil; l = l.Parent {
		if l == t {
			return false
		}
	}
	_, started := t.GetStack(0)
	return started
}

// callAt finds the call at a level of thread t for a function that runs in l. The
// engine takes yield off the stack of a thread that waits.
func (s *State) callAt(l, t *glua.LState, level int) (a activation, ok bool) {
	if !waits(l, t) {
		return s.activationAt(t, level)
	}
	if level == 0 {
		return activation{l: t, f: s.yield}, true
	}
	return s.activationAt(t, level-1)
}

// activationAt finds the call at a level of the stack: 0 is the last.
func (s *State) activationAt(l *glua.LState, level int) (a activation, ok bool) {
	if level < 0 {
		return a, false
	}
	if len(s.handlers) == 0 {
		a, ok := callOf(l, level)
		if ok && frameOf(a.dbg).Field(frameIdx).Int() == 0 {
			// The engine gives the first call for lost ones, too.
			if _, more := l.GetStack(level + 1); more {
				return activation{l: l, lost: true}, true
			}
		}
		return a, ok
	}
	for at := 0; ; {
		a, ok := callOf(l, at)
		if !ok {
			return a, false
		}
		if s.handlers[a.f] || s.guards[a.f] {
			level++
		}
		switch {
		case level == at:
			return a, true
		case level < a.parent:
			return activation{l: l, lost: true}, true
		}
		at = a.parent
	}
}

// callOf is the call that the engine has at a level.
func callOf(l *glua.LState, level int) (activation, bool) {
	dbg, ok := l.GetStack(level)
	if !ok {
		return activation{}, false
	}
	fv, err := l.GetInfo("f", dbg, glua.LNil)
	f, isFunction := fv.(*glua.LFunction)
	if err != nil || !isFunction {
		return activation{}, false
	}
	parent := level + 1
	if !f.IsG {
		parent += int(frameOf(dbg).Field(frameTailCall).Int())
	}
	return activation{l: l, dbg: dbg, f: f, parent: parent}, true
}

// line is the line it is at, -1 when it has none.
func (a activation) line() int {
	if a.dbg == nil || a.f.IsG {
		return -1
	}
	if _, err := a.l.GetInfo("l", a.dbg, glua.LNil); err != nil {
		return -1
	}
	return a.dbg.CurrentLine
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
	switch {
	case a.f == s.yield && a.dbg == nil:
		return "yield", "field"
	case a.dbg == nil:
		return "", ""
	}
	if _, err := a.l.GetInfo("n", a.dbg, glua.LNil); err != nil || functionName(a.dbg.Name) == "?" {
		return "", ""
	}
	caller, ok := callOf(a.l, a.parent)
	if !ok || caller.lost || caller.f.IsG || a.parent > 0 && a.what() == "main" {
		return "", ""
	}
	p := s.textOf(caller.f.Proto)
	if p == nil {
		return "", ""
	}
	line := caller.line()
	for _, n := range p.names {
		kind, name, _ := strings.Cut(n.name, " ")
		if name = strings.Trim(name, "'"); n.use == useCall && n.line == line && name == a.dbg.Name {
			return name, kind
		}
	}
	return "", ""
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
			l.ArgError(next, "function or level expected")
		}
		if a, ok = s.callAt(l, t, ToInt(level)); !ok {
			l.Push(glua.LNil)
			return 1
		}
	}
	if i := strings.IndexFunc(what, func(c rune) bool { return !strings.ContainsRune("SlnufL", c) }); i >= 0 {
		l.ArgError(next+1, "invalid option")
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
		l.ArgError(next, "level out of range")
	}
	return a, next + 1
}

// local is the name of a local variable or other value on the stack.
func (a activation) local(n int) (string, glua.LValue) {
	if n <= 0 || a.dbg == nil {
		return "", glua.LNil
	}
	name, v := a.l.GetLocal(a.dbg, n)
	if name == "" || a.f.IsG {
		return name, v
	}
	at, frame := n, frameOf(a.dbg)
	pc := int(frame.Field(framePc).Int()) - 1
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
		a.l.SetLocal(a.dbg, n, v)
		return GiveText(l, name)
	}
	l.Push(glua.LNil)
	return 1
}

// A traceback shows this many levels of each end of the stack.
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
	n := level + sort.Search(maxCalls*2, func(n int) bool {
		_, ok := s.callAt(l, t, level+n)
		return !ok
	})
	var b strings.Builder
	for ; level < n; level++ {
		if n-level > tracebackBottom && b.Len() > 0 && strings.Count(b.String(), "\n") == tracebackTop {
			b.WriteString("\n\t...")
			level = n - tracebackBottom
		}
		a, _ := s.callAt(l, t, level)
		b.WriteString("\n\t" + s.traceLine(a))
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
