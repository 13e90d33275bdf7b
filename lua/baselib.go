package lua

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

func (s *State) openBase() {
	s.openEngine("", glua.OpenBase)
	g := s.l.G.Global
	for _, name := range []string{"_printregs", "goto"} {
		g.RawSetString(name, glua.LNil)
	}
	g.RawSetString("_VERSION", glua.LString("Lua 5.1"))
	s.fill(g, []entry{
		{"assert", baseAssert}, {"error", baseError}, {"pcall", basePCall}, {"xpcall", baseXPCall},
		{"tostring", baseToString}, {"tonumber", baseToNumber}, {"getmetatable", baseGetMetatable},
		{"setmetatable", baseSetMetatable}, {"collectgarbage", baseCollect}, {"gcinfo", baseGCInfo}, {"unpack", baseUnpack},
		{"print", basePrint},
		{"dofile", baseDoFile}, {"loadfile", baseLoadFile}, {"load", baseLoad}, {"loadstring", baseLoadString},
	})
	s.raiser, _ = g.RawGetString("error").(*glua.LFunction)
	s.guardTypes()
}

func baseAssert(s *State, l *glua.LState) int {
	if v := ArgAny(l, 1); !glua.LVAsBool(v) {
		l.RaiseError("%s", OptText(l, 2, "assertion failed!"))
	}
	return l.GetTop()
}

func baseError(s *State, l *glua.LState) int {
	v, level := l.Get(1), OptInt(l, 2, 1)
	if text, ok := ToText(v); ok && level > 0 {
		v = glua.LString(position(l, level) + text)
	}
	l.Error(v, 0)
	return 0
}

// position is "chunk:line: " of the function at a level, "" for Go functions.
func position(l *glua.LState, level int) string {
	dbg, ok := l.GetStack(level)
	if !ok {
		return ""
	}
	if _, err := l.GetInfo("Sl", dbg, glua.LNil); err != nil || dbg.Source == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", dbg.Source, dbg.CurrentLine)
}

// Where is the chunk or file, as messages have it, and the line that the function at a
// level is at; 1 is the one that called the running function. "" for others.
func Where(l *glua.LState, level int) (source string, line int) {
	if f := frameAt(l, level); f != nil && !f.Fn.IsG {
		return f.Fn.Proto.SourceName, f.line()
	}
	return "", 0
}

// display is what tostring gives.
func display(l *glua.LState, v glua.LValue) glua.LValue {
	if m, ok := l.GetMetaField(v, "__tostring").(*glua.LFunction); ok {
		l.Push(m)
		l.Push(v)
		l.Call(1, 1)
		r := l.Get(-1)
		l.Pop(1)
		return r
	}
	return glua.LString(plainText(v))
}

// plainText is v without metamethods.
func plainText(v glua.LValue) string {
	if n, ok := v.(glua.LNumber); ok {
		return FormatNumber(float64(n))
	}
	return v.String()
}

func baseToString(s *State, l *glua.LState) int {
	l.Push(display(l, ArgAny(l, 1)))
	return 1
}

func basePrint(s *State, l *glua.LState) int {
	line := PrintLine(l)
	if s.e.opt.Print != nil {
		s.e.opt.Print(line)
		return 0
	}
	_, _ = io.WriteString(s.Stdout(), line+"\n") // as printf, which tells nobody
	return 0
}

// PrintLine joins the arguments of a function as print does.
func PrintLine(l *glua.LState) string {
	var b []byte
	for i := 1; i <= l.GetTop(); i++ {
		if i > 1 {
			b = append(b, '\t')
		}
		switch v := l.Get(i).(type) {
		case glua.LString:
			text, _, _ := strings.Cut(string(v), "\x00")
			b = append(b, text...)
		case glua.LNumber:
			b = appendNumber(b, float64(v))
		case *glua.LNilType, glua.LBool:
			b = append(b, v.String()...)
		default:
			b = fmt.Appendf(b, "%s:%p", v.Type(), v)
		}
	}
	return string(b)
}

func baseToNumber(s *State, l *glua.LState) int {
	base := OptInt(l, 2, 10)
	if base == 10 {
		if f, ok := ToNumber(ArgAny(l, 1)); ok {
			return GiveNumber(l, f)
		}
		l.Push(glua.LNil)
		return 1
	}
	text := strings.ToLower(strings.Trim(ArgText(l, 1), spaces))
	if base < 2 || base > 36 {
		ArgError(l, 2, "base out of range")
	}
	if base == 16 {
		text = strings.TrimPrefix(text, "0x")
	}
	text, negative := strings.CutPrefix(text, "-")
	f := 0.0
	for i := 0; i < len(text); i++ {
		d := digitOf(text[i])
		if d < 0 || d >= base {
			text = ""
			break
		}
		f = f*float64(base) + float64(d)
	}
	if text == "" {
		l.Push(glua.LNil)
		return 1
	}
	if negative {
		f = 1<<64 - f // as strtoul
	}
	return GiveNumber(l, f)
}

func digitOf(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 10
	}
	return -1
}

func baseGetMetatable(s *State, l *glua.LState) int {
	v := ArgAny(l, 1)
	switch v.Type() {
	case glua.LTTable, glua.LTUserData, glua.LTString:
		l.Push(l.GetMetatable(v))
	default:
		l.Push(glua.LNil)
	}
	return 1
}

func baseSetMetatable(s *State, l *glua.LState) int {
	t := ArgTable(l, 1)
	mt := l.Get(2)
	if mt.Type() != glua.LTTable && (mt != glua.LNil || l.GetTop() < 2) {
		ArgError(l, 2, "nil or table expected")
	}
	if old, ok := t.Metatable.(*glua.LTable); ok && old.RawGetString("__metatable") != glua.LNil {
		l.RaiseError("cannot change a protected metatable")
	}
	t.Metatable = mt
	l.SetTop(1)
	return 1
}

// baseCollect leaves collecting to the runtime.
func baseCollect(s *State, l *glua.LState) int {
	if OptText(l, 1, "collect") == "count" {
		return GiveNumber(l, heapKB())
	}
	return GiveNumber(l, 0)
}

func baseGCInfo(s *State, l *glua.LState) int { return GiveNumber(l, math.Floor(heapKB())) }

func heapKB() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1024
}

// maxResults bounds what unpack and string.byte push, as the C stack of the
// reference interpreter does (LUAI_MAXCSTACK).
const maxResults = 8000

func baseUnpack(s *State, l *glua.LState) int {
	t := ArgTable(l, 1)
	from := OptInt(l, 2, 1)
	to := OptInt(l, 3, t.Len())
	if from > to {
		return 0
	}
	if to-from >= maxResults || to-from < 0 {
		l.RaiseError("too many results to unpack")
	}
	for i := from; i <= to; i++ {
		l.Push(RawAt(t, i))
	}
	return to - from + 1
}
