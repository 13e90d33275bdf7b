package lua

import (
	"unsafe"

	glua "github.com/yuin/gopher-lua"
)

// The engine keeps to itself where a call stands, what closures share with it, and how
// large things are. The types here lie as those of the engine do; TestInside compares
// them.

// frame is a call.
type frame struct {
	Idx        int
	Fn         *glua.LFunction
	Parent     *frame
	Pc         int // of the next instruction
	Base       int
	LocalBase  int
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int // calls that were lost
}

// registers are the stack of a thread.
type registers struct {
	array []glua.LValue
	top   int
}

// upvalue is a variable that closures share; index is its place in the registers.
type upvalue struct {
	next   *upvalue
	reg    *registers
	index  int
	value  glua.LValue
	closed bool
}

// threadInside is a thread.
type threadInside struct {
	G       *glua.Global
	Parent  *glua.LState
	Env     *glua.LTable
	Panic   func(*glua.LState)
	Dead    bool
	Options glua.Options

	stop         int32
	reg          *registers
	stack        any
	alloc        unsafe.Pointer
	currentFrame *frame
	wrapped      bool
	uvcache      *upvalue // by index, ascending
	hasErrorFunc bool     // errors do not end the sharing of variables
}

// tableInside is a table.
type tableInside struct {
	Metatable glua.LValue
	array     []glua.LValue
	dict      map[glua.LValue]glua.LValue
	strdict   map[string]glua.LValue
	keys      []glua.LValue
}

func insideOf(l *glua.LState) *threadInside { return (*threadInside)(unsafe.Pointer(l)) }

// topFrame is the call in progress, nil when there is none.
func topFrame(l *glua.LState) *frame { return insideOf(l).currentFrame }

// frameAt is the call at a level of the engine, with 0 for the one in progress; there
// are no lost calls above it.
func frameAt(l *glua.LState, level int) *frame {
	f := topFrame(l)
	for ; level > 0 && f.Parent != nil; level-- {
		f = f.Parent
	}
	return f
}

// at is the number of the instruction a Lua function is at.
func (f *frame) at() int { return f.Pc - 1 }

// line is the line a Lua function is at.
func (f *frame) line() int {
	if f.Fn.IsG || f.at() < 0 || f.at() >= len(f.Fn.Proto.DbgSourcePositions) {
		return -1
	}
	return f.Fn.Proto.DbgSourcePositions[f.at()]
}

// local is what the innermost local variable of that name holds, nil without one.
func (f *frame) local(l *glua.LState, name string) (v glua.LValue) {
	values, n := insideOf(l).reg.array, f.LocalBase
	for _, d := range f.Fn.Proto.DbgLocals {
		if d.StartPc > f.at() {
			break
		}
		if f.at() > d.EndPc {
			continue
		}
		if d.Name == name && n < len(values) {
			v = values[n]
		}
		n++
	}
	return v
}

// tableRoom is the size of the array of a table and the number of keys it ever had:
// the engine keeps those that were set to nil.
func tableRoom(t *glua.LTable) (array, keys int) {
	v := (*tableInside)(unsafe.Pointer(t))
	return cap(v.array), len(v.keys)
}

// stackOf is what lies on the stack of a thread, and how much may.
func stackOf(l *glua.LState) (values []glua.LValue, room int) {
	r := insideOf(l).reg
	return r.array[:r.top], cap(r.array)
}

// unshare gives closures variables of their own in place of those in registers from
// first on, which a caught error takes away.
func unshare(l *glua.LState, first int) {
	for at := &insideOf(l).uvcache; *at != nil; at = &(*at).next {
		if (*at).index < first {
			continue
		}
		u := *at
		*at = nil
		for ; u != nil; u = u.next {
			(*glua.Upvalue)(unsafe.Pointer(u)).Close()
		}
		return
	}
}
