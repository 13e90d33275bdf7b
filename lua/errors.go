package lua

import (
	"slices"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// wording is a message of the engine's virtual machine that has another text in Lua
// 5.1.
type wording struct {
	engine string // what the message begins with
	say    func(s *State, l *glua.LState, level int, rest string) string
}

var wordings = []wording{
	{"cannot perform ", func(s *State, l *glua.LState, level int, rest string) string {
		_, kinds, _ := strings.Cut(rest, " operation between ")
		kind, second, _ := strings.Cut(kinds, " and ")
		if kind == "number" {
			kind = second
		}
		return s.misused(l, level, "perform arithmetic on", useArith, kind)
	}},
	{"__unm undefined", func(s *State, l *glua.LState, level int, _ string) string {
		return s.misused(l, level, "perform arithmetic on", useArith, "table", "userdata")
	}},
	{"__len undefined", func(s *State, l *glua.LState, level int, _ string) string {
		return s.misused(l, level, "get length of", useLength, "userdata")
	}},
	{"attempt to call a non-function object", func(s *State, l *glua.LState, level int, _ string) string {
		return s.misused(l, level, "call", useCall, "table", "userdata")
	}},
	{"attempt to index a non-table object(", func(s *State, l *glua.LState, level int, rest string) string {
		kind, _, _ := strings.Cut(rest, ")")
		return s.misused(l, level, "index", useIndex, kind)
	}},
	{"attempt to compare ", func(_ *State, _ *glua.LState, _ int, rest string) string {
		if a, b, _ := strings.Cut(rest, " with "); a == b {
			return "attempt to compare two " + a + " values"
		}
		return "attempt to compare " + rest
	}},
	{"for statement init", say("'for' initial value")},
	{"for statement limit", say("'for' limit")},
	{"for statement step", say("'for' step")},
	{"too many recursions in ", say("loop in ")},
}

func say(text string) func(*State, *glua.LState, int, string) string {
	return func(_ *State, _ *glua.LState, _ int, rest string) string { return text + rest }
}

// worded gives the value of an error the words of Lua 5.1, when it comes from the
// engine. level is that of the function that raised it.
func (s *State) worded(l *glua.LState, level int, v glua.LValue) glua.LValue {
	text, ok := v.(glua.LString)
	if !ok {
		return v
	}
	where := position(l, level)
	if where == "" {
		for at := level + 1; where == "" && at <= level+2; at++ {
			where = position(l, at) // pcall may be between
		}
		return quoted(text, where, frameAt(l, level).NArgs)
	}
	msg, ok := strings.CutPrefix(string(text), where)
	if !ok {
		return v
	}
	for _, w := range wordings {
		if rest, ok := strings.CutPrefix(msg, w.engine); ok {
			return glua.LString(where + w.say(s, l, level, rest))
		}
	}
	return v
}

// quoted puts the name of a function of the engine in quotes, in a message about its
// arguments, of which there are given.
func quoted(text glua.LString, where string, given int) glua.LString {
	msg, ok := strings.CutPrefix(string(text), where+"bad argument #")
	if !ok {
		return text
	}
	number, rest, _ := strings.Cut(msg, " to ")
	name, rest, ok := strings.Cut(rest, " (")
	if !ok || strings.HasPrefix(name, "'") {
		return text
	}
	if n, err := strconv.Atoi(number); err == nil && n > given {
		rest = strings.Replace(rest, "got nil)", "got no value)", 1)
	}
	return glua.LString(where + "bad argument #" + number + " to '" + functionName(name) + "' (" + rest)
}

// functionName is how Lua 5.1 calls a function in messages.
func functionName(s string) string {
	if s == "" || strings.HasPrefix(s, "(") || strings.HasPrefix(s, "<") {
		return "?"
	}
	return s
}

// ArgError raises the error of argument n of the running function.
func ArgError(l *glua.LState, n int, message string) {
	f, name := topFrame(l), "?"
	if f != nil {
		name = functionName(calledAs(f))
	}
	if w, ok := l.Context().(*watch); ok && f != nil {
		if _, kind := w.s.name(activation{l: l, frame: f, f: f.Fn}); kind == "method" {
			n-- // the object does not count
		}
		if n == 0 {
			l.RaiseError("calling '%s' on bad self (%s)", name, message)
		}
	}
	l.RaiseError("bad argument #%d to '%s' (%s)", n, name, message)
}

// misused is the message about a value of one of the kinds, by name when the source
// has one for it.
func (s *State) misused(l *glua.LState, level int, act string, u use, kinds ...string) string {
	name, v := s.nameOf(l, level, u, anyKey, func(v glua.LValue) bool { return slices.Contains(kinds, v.Type().String()) })
	if v != nil {
		kinds[0] = v.Type().String()
	}
	if name == "" {
		return "attempt to " + act + " a " + kinds[0] + " value"
	}
	return "attempt to " + act + " " + name + "(a " + kinds[0] + " value)"
}

// raise raises the error of a value that can not be used in a way.
func (s *State) raise(l *glua.LState, act string, u use, key string, v glua.LValue) {
	name, _ := s.nameOf(l, 1, u, key, func(held glua.LValue) bool { return held == v })
	if name != "" {
		l.RaiseError("attempt to %s %s(a %s value)", act, name, v.Type())
	}
	l.RaiseError("attempt to %s a %s value", act, v.Type())
}

// nameOf tells how the source calls a value that the Lua function at a level uses
// wrongly: "local 'x' ", "" when that can not be told; and the value, nil when it is
// not known.
func (s *State) nameOf(l *glua.LState, level int, u use, key string, wrong func(glua.LValue) bool) (string, glua.LValue) {
	f := frameAt(l, level)
	if f == nil || f.Fn.IsG {
		return "", nil
	}
	text := s.textOf(f.Fn.Proto)
	if text == nil {
		return "", nil
	}
	called := ""
	if level > 0 && u == useCall {
		called = " '" + functionName(calledAs(frameAt(l, level-1))) + "'"
	}
	line, fallback := f.line(), ""
	for _, n := range text.names {
		if n.line != line || n.use != u || u == useIndex && key != anyKey && n.key != key && n.key != anyKey ||
			!strings.HasSuffix(n.name, called) {
			continue
		}
		kind, name, _ := strings.Cut(n.name, " ")
		held := s.valueOf(l, f, kind, strings.Trim(name, "'"))
		if held != nil && wrong(held) {
			return n.name + " ", held
		}
		if held == nil && fallback == "" {
			fallback = n.name + " "
		}
	}
	return fallback, nil
}

// valueOf is what a variable of a call holds, nil when that is not known.
func (s *State) valueOf(l *glua.LState, f *frame, kind, name string) glua.LValue {
	switch kind {
	case "local":
		return f.local(l, name)
	case "global":
		return l.G.Global.RawGetString(name)
	case "upvalue":
		for i, n := range f.Fn.Proto.DbgUpvalues {
			if n == name && i < len(f.Fn.Upvalues) {
				return f.Fn.Upvalues[i].Value()
			}
		}
	}
	return nil
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
			s.hidden[f] = true
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
