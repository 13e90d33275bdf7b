package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// hook is what debug.sethook asked for in a thread: a function that is called at
// events.
type hook struct {
	f                 glua.LValue
	mask              string
	line, call, leave bool
	count, left       int
	busy              bool // in the function
	last              spot
}

// spot is an instruction in a call.
type spot struct {
	depth, pc, line int
	tailCalls       int
	proto           *glua.FunctionProto
}

// setHook replaces the hook of the thread; nil ends it.
func setHook(l *glua.LState, h *hook) {
	if w, ok := l.Context().(*watch); ok {
		if w.hook != nil && h != nil {
			h.busy = w.hook.busy
		}
		w.hook = h
	}
}

func hookOf(l *glua.LState) *hook {
	if w, ok := l.Context().(*watch); ok {
		return w.hook
	}
	return nil
}

// step looks at the instruction that is next and calls the function for the events
// it makes.
func (h *hook) step(l *glua.LState) {
	if h.busy {
		return
	}
	if h.count > 0 {
		if h.left--; h.left <= 0 {
			h.left = h.count
			h.event(l, "count", 0)
		}
	}
	if !h.line && !h.call && !h.leave {
		return
	}
	at, ok := spotOf(l)
	if !ok {
		return
	}
	before := h.last
	h.last = at
	if h.call && at.pc == 0 {
		h.event(l, "call", 0)
	}
	if h.line && newLine(before, at) {
		h.event(l, "line", at.line)
	}
	if h.leave && at.proto.Code[at.pc]>>26 == uint32(glua.OP_RETURN) {
		h.event(l, "return", 0)
		for range at.tailCalls {
			h.event(l, "tail return", 0)
		}
	}
}

// newLine tells whether an instruction is one that begins a line: the first of a
// function, one on another line than the one before it, or one after a jump back.
func newLine(before, at spot) bool {
	switch {
	case at.pc == 0:
		return true
	case before.depth == at.depth && before.proto == at.proto:
		return at.pc <= before.pc || at.line != before.line
	}
	return at.line != at.proto.DbgSourcePositions[at.pc-1] // after a return
}

func (h *hook) event(l *glua.LState, name string, line int) {
	h.busy = true
	defer func() {
		h.busy = false
		if now := hookOf(l); now != nil {
			now.busy = false
		}
	}()
	l.Push(h.f)
	l.Push(glua.LString(name))
	if name == "line" {
		l.Push(glua.LNumber(line))
	} else {
		l.Push(glua.LNil)
	}
	l.Call(2, 0)
}

// spotOf is where a thread is.
func spotOf(l *glua.LState) (spot, bool) {
	f := topFrame(l)
	if f == nil || f.Fn.IsG || f.at() < 0 || f.at() >= len(f.Fn.Proto.Code) {
		return spot{}, false
	}
	return spot{depth: f.Idx, pc: f.at(), line: f.line(), tailCalls: f.TailCall, proto: f.Fn.Proto}, true
}

// debugSetHook is sethook([thread,] function, mask [, count]).
func debugSetHook(s *State, l *glua.LState) int {
	t, next := argThread(l)
	f, ok := l.Get(next).(*glua.LFunction)
	mask, count := OptText(l, next+1, ""), OptInt(l, next+2, 0)
	if !ok || mask == "" && count <= 0 {
		setHook(t, nil)
		return 0
	}
	setHook(t, &hook{
		f: f, mask: mask, count: count, left: count, line: strings.Contains(mask, "l"),
		call: strings.Contains(mask, "c"), leave: strings.Contains(mask, "r"), last: spot{depth: -1},
	})
	return 0
}

// debugGetHook gives function, mask and count.
func debugGetHook(s *State, l *glua.LState) int {
	t, _ := argThread(l)
	h := hookOf(t)
	if h == nil {
		return Give(l, glua.LNil, glua.LString(""), glua.LNumber(0))
	}
	mask := ""
	for _, c := range "crl" {
		if strings.ContainsRune(h.mask, c) {
			mask += string(c)
		}
	}
	return Give(l, h.f, glua.LString(mask), glua.LNumber(h.count))
}
