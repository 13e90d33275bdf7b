package lua

import (
	"context"
	"errors"
	"fmt"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// watch is the context of one thread. The engine asks it before each instruction,
// in the goroutine of the script, whether the script is to end: the place where
// time and memory are looked at and where hooks of debug.sethook are called. It is
// that of the chunk in progress, because coroutines outlive chunks.
type watch struct {
	context.Context // never done
	s               *State
	l               *glua.LState
	hook            *hook // nil: none
	steps           uint
	reason          error    // of the error to come, nil: the time is over
	late            *running // the chunk whose time is over
	panics          func(*glua.LState)
}

// endedNow is a channel that is always ready.
var endedNow = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// timeStep is after how many instructions the end of time is looked at.
const timeStep = 16

// Done is called before each instruction.
func (w *watch) Done() <-chan struct{} {
	s := w.s
	if w.hook != nil {
		w.hook.step(w.l)
	}
	if s.bounded() && s.overLimit() {
		w.reason = errMemory
		return endedNow
	}
	if w.steps++; w.steps%timeStep != 0 && s.run != w.late {
		return nil
	}
	w.l.Panic = w.panics // the engine sets its own when the thread begins
	if w.deep() {
		w.reason = errDeep
		return endedNow
	}
	select {
	case <-s.done:
		w.late = s.run // pcall may take the error, the next instruction not
		return endedNow
	default:
		return nil
	}
}

// What ends a script besides time.
var (
	errMemory = errors.New("not enough memory")
	errDeep   = errors.New("stack overflow")
)

// deep tells that there are more calls within calls than may be. A handler of errors
// has some more.
func (w *watch) deep() bool {
	f := topFrame(w.l)
	most := maxCalls
	if w.s.handling > 0 {
		most += handlerCalls
	}
	return f != nil && f.Idx > most
}

// Err is called after Done told that the script is to end.
func (w *watch) Err() error {
	if err := w.reason; err != nil {
		w.reason = nil
		return err
	}
	if w.s.run == nil {
		return nil
	}
	if err := context.Cause(w.s.run.ctx); err != nil {
		return fmt.Errorf("%w", err)
	}
	return nil
}

// watch gives a thread its context.
func (s *State) watch(l *glua.LState) {
	w := &watch{Context: context.Background(), s: s, l: l, steps: timeStep - 1}
	w.panics = func(l *glua.LState) {
		panic(&glua.ApiError{Type: glua.ApiErrorRun, Object: s.worded(l, 0, l.Get(-1))})
	}
	l.SetContext(w)
}

// Ended raises the error that ends a chunk.
func (s *State) Ended(l *glua.LState) {
	err := context.Cause(s.Context())
	if err == nil {
		err = context.Canceled
	}
	l.RaiseError("%s", err.Error())
}

// CheckTime raises the error that ends the chunk when it is time.
func (s *State) CheckTime(l *glua.LState) {
	select {
	case <-s.done:
		s.Ended(l)
	default:
	}
}

// Wait lets time pass, or raises an error when the chunk is to end.
func (s *State) Wait(l *glua.LState, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.done:
		s.Ended(l)
	}
}
