package lua

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/budget"
	"conquest/group"
)

// State is one Lua world. It costs nothing until its first chunk. Only one chunk
// runs at a time, others wait; a chunk that a running chunk causes by way of the
// host, with the context that [State.Context] gave, runs at once.
type State struct {
	e    *Engine
	more []func(*State) // libraries of the host
	mu   sync.Mutex

	l     *glua.LState // nil until the first chunk
	cur   *glua.LState // the thread that called into Go last
	run   *running     // nil between chunks
	done  <-chan struct{}
	texts map[string][]*program // by chunk name, the last ones

	files            *glua.LTable // metatable
	loading, yield   *glua.LFunction
	raiser           *glua.LFunction          // error
	protected        map[*glua.LState]int     // depth of pcall of each thread
	protections      []protection             // the innermost last
	catch, same      *glua.LFunction          // handlers of errors: catchError, and one that gives its argument
	handling         int                      // errors that are being handled
	hidden           map[*glua.LFunction]bool // functions of ours that scripts do not see on the stack
	nested           int                      // Go functions that run within each other
	dumped           []*program
	open             map[io.Closer]struct{}
	stdin, out, errs *glua.LUserData
	input, output    *glua.LUserData
	random           *rand.Rand
	closed           bool

	limit     int            // bytes it may hold; 0: any
	budget    *budget.Budget // nil: none
	taken     int64          // of it
	measureAt uint64         // when the process has allocated so much
	exhausted bool           // an error of memory was raised
}

// running is the chunk in progress.
type running struct {
	ctx    context.Context
	text   string
	parent *running
}

// NewState makes a state. The caller closes it. Each of more adds libraries of the
// host when the Lua world is made: before the first chunk, and again before the
// chunk that follows one whose globals were dropped for want of memory.
func (e *Engine) NewState(more ...func(*State)) *State {
	return &State{e: e, more: more, limit: e.opt.Memory, budget: e.opt.Budget}
}

// Bound has the values of the state count against b. It is called before the first
// chunk.
func (s *State) Bound(b *budget.Budget) { s.budget = b }

var errClosed = errors.New("the Lua state is closed")

// Close ends the state: files and sockets that its scripts left open are closed.
// It is not used again.
func (s *State) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	s.closed = true
}

// drop ends the Lua state; the next chunk makes another.
func (s *State) drop() {
	for c := range s.open {
		_ = c.Close() // nobody is left to hear of it
	}
	s.open = nil
	if s.l == nil {
		return
	}
	s.l.Close()
	s.l, s.cur, s.texts, s.protected, s.dumped = nil, nil, nil, nil, nil
	s.nested, s.measureAt = 0, 0
	s.takeBudget(0)
}

type heldKey struct{ s *State }

// Run runs a chunk and gives its first result, nil of Lua when it failed. An error
// is an [*Error]; what was done before it stays done.
func (s *State) Run(ctx context.Context, c Chunk) (glua.LValue, error) {
	if ctx.Value(heldKey{s}) != nil {
		return s.chunk(ctx, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx = context.WithValue(ctx, heldKey{s}, true)
	if s.e.opt.Timeout > 0 && !c.Long {
		var cancel context.CancelFunc
		cause := fmt.Errorf("script ended after %v", s.e.opt.Timeout.Round(time.Millisecond))
		ctx, cancel = context.WithTimeoutCause(ctx, s.e.opt.Timeout, cause)
		defer cancel()
	}
	if !s.bounded() {
		return s.chunk(ctx, c)
	}
	s.e.meter.enter()
	defer s.e.meter.leave()
	if s.l == nil && s.limit == 0 {
		s.measureAt = s.e.meter.allocated.Load() + uncounted
	}
	v, err := s.chunk(ctx, c)
	if err != nil {
		s.relieve()
	}
	if s.taken > 0 {
		s.takeBudget(int64(s.measure()))
	}
	return v, err
}

// chunk runs a chunk when it is its turn.
func (s *State) chunk(ctx context.Context, c Chunk) (glua.LValue, error) {
	if s.closed {
		return glua.LNil, &Error{Message: errClosed.Error(), Text: c.Text}
	}
	p, err := s.e.compile(c.Text, c.Text)
	if err != nil {
		return glua.LNil, &Error{Syntax: true, Message: err.Error(), Text: c.Text}
	}
	if s.l == nil {
		s.start()
	}
	cur, done, parent := s.cur, s.done, s.run
	s.run, s.done = &running{ctx: ctx, text: c.Text, parent: parent}, ctx.Done()
	if cur == nil {
		s.cur = s.l
	}
	defer func() { s.run, s.cur, s.done = parent, cur, done }()
	if c.Enter != nil {
		if leave := c.Enter(parent != nil); leave != nil {
			defer leave()
		}
	}
	for name, v := range c.Globals {
		s.l.G.Global.RawSetString(name, s.valueOfGo(v))
	}
	return s.call(p)
}

// valueOfGo turns a value of [Chunk.Globals] into one of Lua.
func (s *State) valueOfGo(v any) glua.LValue {
	switch v := v.(type) {
	case string:
		return glua.LString(v)
	case float64:
		return glua.LNumber(v)
	case int:
		return glua.LNumber(v)
	case bool:
		return glua.LBool(v)
	case []string:
		t := s.l.CreateTable(len(v), 0)
		for _, x := range v {
			t.Append(glua.LString(x))
		}
		return t
	}
	return glua.LNil
}

// call runs a program under protection and gives its first result.
func (s *State) call(p *program) (glua.LValue, error) {
	l := s.cur
	top := l.GetTop()
	defer l.SetTop(top)
	var traceback string
	l.Push(s.function(l, p))
	err := s.protect(l, 0, func(l *glua.LState, v glua.LValue) glua.LValue {
		traceback = "stack traceback:" + s.traceback(l, l, 0)
		return v
	})
	if err == nil {
		return l.Get(top + 1), nil
	}
	e := &Error{Message: "(null)", Text: s.run.text, Traceback: traceback, Ended: s.exhausted || s.run.ctx.Err() != nil}
	if text, ok := ToText(s.ErrorValue(err)); ok {
		e.Message = text
	}
	return glua.LNil, e
}

// function is a program as a value of l.
func (s *State) function(l *glua.LState, p *program) *glua.LFunction {
	s.remember(p)
	return l.NewFunctionFromProto(p.proto)
}

// sameName is how many programs of one chunk name are remembered.
const sameName = 8

// remember keeps a program for messages about it.
func (s *State) remember(p *program) {
	if len(s.texts) > maxPrograms {
		clear(s.texts) // of chunks without end; messages name fewer variables then
	}
	list := s.texts[p.proto.SourceName]
	if slices.Contains(list, p) {
		return
	}
	if len(list) >= sameName {
		list = slices.Delete(list, 0, 1)
	}
	s.texts[p.proto.SourceName] = append(list, p)
}

// textOf is the program a function is part of, nil when it was forgotten.
func (s *State) textOf(f *glua.FunctionProto) *program {
	for _, p := range s.texts[f.SourceName] {
		if contains(p.proto, f) {
			return p
		}
	}
	return nil
}

func contains(p, f *glua.FunctionProto) bool {
	return p == f || slices.ContainsFunc(p.FunctionPrototypes, func(q *glua.FunctionProto) bool { return contains(q, f) })
}

// Bounds of a state: values on its stack, and calls within calls.
const (
	firstStack = 1024
	stackStep  = 4096
	maxStack   = 1 << 20
	maxCalls   = 20000

	handlerCalls = 200 // more for the handler of an error
)

// start makes the Lua state and its libraries.
func (s *State) start() {
	s.l = glua.NewState(glua.Options{
		SkipOpenLibs: true, RegistrySize: firstStack, RegistryGrowStep: stackStep, RegistryMaxSize: maxStack,
		CallStackSize: maxCalls + 2*handlerCalls, MinimizeStackMemory: true,
	})
	s.watch(s.l)
	s.texts = make(map[string][]*program)
	s.open = make(map[io.Closer]struct{})
	s.protected = make(map[*glua.LState]int)
	s.protections, s.handling = nil, 0
	s.catch = s.l.NewFunction(func(l *glua.LState) int { return catchError(s, l) })
	s.same = s.l.NewFunction(func(*glua.LState) int { return 1 })
	s.hidden = map[*glua.LFunction]bool{s.catch: true, s.same: true}
	s.openBase()
	s.openStrings()
	s.openTables()
	s.openMath()
	s.openCoroutines()
	s.openPackage()
	s.openIO()
	s.openOS()
	s.openDebug()
	s.loading = s.Bind(nothing)
	for _, open := range s.more {
		open(s)
	}
	s.preload()
}

// L is the main thread of the Lua world, nil before the first chunk.
func (s *State) L() *glua.LState { return s.l }

// Outside notes that thread l is about to call the host, which may run chunks of
// this state; the result notes that it is back.
func (s *State) Outside(l *glua.LState) (back func()) {
	cur := s.cur
	s.cur = l
	return func() { s.cur = cur }
}

// Keep has c closed at the end of the state, unless it is forgotten before.
func (s *State) Keep(c io.Closer) { s.open[c] = struct{}{} }

// Forget is told that a script closed c itself.
func (s *State) Forget(c io.Closer) { delete(s.open, c) }

// Stdout is where io.write writes at first.
func (s *State) Stdout() io.Writer {
	f, _ := s.out.Value.(*file)
	return f
}

// Dry tells that nothing is to be done outside; then what would be done is noted.
func (s *State) Dry(format string, args ...any) bool {
	if s.e.opt.Dry == nil {
		return false
	}
	s.e.opt.Dry(fmt.Sprintf(format, args...))
	return true
}

// OwnProcess tells whether scripts have the process to themselves.
func (s *State) OwnProcess() bool { return s.e.opt.Exit != nil }

// Context is that of the chunk in progress.
func (s *State) Context() context.Context { return s.run.ctx }

// Function is a function of a library: it finds its arguments on the stack of l from
// 1 on, pushes its results and gives their number.
type Function func(s *State, l *glua.LState) int

// maxNested bounds Go functions that call Lua that calls Go functions, each of which
// takes a piece of the stack of the process.
const maxNested = 195

// Bind makes a function value.
func (s *State) Bind(f Function) *glua.LFunction {
	return s.l.NewFunction(func(l *glua.LState) int {
		if s.nested >= maxNested {
			l.RaiseError("C stack overflow")
		}
		s.nested++ // after an error, who catches it sets it right
		defer s.internal()
		n := f(s, l)
		s.nested--
		return n
	})
}

// internal makes a panic of a function of ours that is no error of Lua known. It goes
// on as an error of the script.
func (s *State) internal() {
	v := recover()
	if v == nil {
		return
	}
	if _, raised := v.(*glua.ApiError); raised || s.e.opt.Panicked == nil {
		panic(v)
	}
	s.e.opt.Panicked(&group.PanicError{Job: "lua", Value: v, Stack: debug.Stack()})
	panic(&glua.ApiError{Type: glua.ApiErrorRun, Object: glua.LString(fmt.Sprintf("internal error: %v", v))})
}

// entry is a named function of a library.
type entry struct {
	name string
	f    Function
}

// Functions are the functions of a library by name.
type Functions map[string]Function

// Fill puts functions in a table and gives it back.
func (s *State) Fill(t *glua.LTable, fs Functions) *glua.LTable {
	for _, name := range slices.Sorted(maps.Keys(fs)) {
		t.RawSetString(name, s.Bind(fs[name]))
	}
	return t
}

// fill puts functions in a table in their order.
func (s *State) fill(t *glua.LTable, entries []entry) *glua.LTable {
	for _, e := range entries {
		t.RawSetString(e.name, s.Bind(e.f))
	}
	return t
}

// library makes a global table of functions, or adds to it.
func (s *State) library(name string, entries []entry) *glua.LTable {
	t, ok := s.l.G.Global.RawGetString(name).(*glua.LTable)
	if !ok {
		t = s.l.CreateTable(0, len(entries))
		s.l.G.Global.RawSetString(name, t)
		if loaded, ok := s.l.GetField(s.l.Get(glua.RegistryIndex), "_LOADED").(*glua.LTable); ok {
			loaded.RawSetString(name, t)
		}
	}
	return s.fill(t, entries)
}

// openEngine opens a library of the engine.
func (s *State) openEngine(name string, f glua.LGFunction) {
	s.l.Push(s.l.NewFunction(f))
	s.l.Push(glua.LString(name))
	s.l.Call(1, 0)
}
