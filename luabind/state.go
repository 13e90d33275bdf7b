package luabind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/dicom"
)

// State is one Lua world. It costs nothing until its first chunk. Only one chunk
// runs at a time, others wait; a chunk that a running chunk causes by way of
// [Host] with the context it got runs at once.
type State struct {
	e  *Engine
	mu sync.Mutex

	l     *glua.LState // nil until the first chunk
	cur   *glua.LState // the thread that called into Go last
	run   *running     // nil between chunks
	done  <-chan struct{}
	texts map[string][]*program // by chunk name, the last ones

	objects, arrays  *glua.LTable // metatables
	files            *glua.LTable
	methods          map[string]*glua.LFunction
	noMethod, yield  *glua.LFunction
	class            *glua.LUserData
	protected        map[*glua.LState]int     // depth of pcall of each thread
	handlers, guards map[*glua.LFunction]bool // functions of ours that scripts do not see on the stack
	nested           int                      // Go functions that run within each other
	dumped           []*program
	open             map[io.Closer]struct{}
	stdin, out, errs *glua.LUserData
	input, output    *glua.LUserData
	pixels           ownedPixels
	sockets          *glua.LTable
	random           *rand.Rand
	closed           bool

	limit     int    // bytes it may hold; 0: any
	measureAt uint64 // when the process has allocated so much
	exhausted bool   // an error of memory was raised
}

// running is the chunk in progress.
type running struct {
	ctx    context.Context
	chunk  *Chunk
	code   int
	data   *object
	parent *running
}

// NewState makes a state. The caller closes it.
func (e *Engine) NewState() *State { return &State{e: e, limit: e.opt.Memory} }

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
	s.l, s.cur, s.texts, s.methods, s.protected, s.dumped, s.sockets = nil, nil, nil, nil, nil, nil, nil
	s.pixels, s.nested, s.measureAt = ownedPixels{}, 0, 0
}

type heldKey struct{ s *State }

// Run runs a chunk. An [*Error] tells that it failed; the result is valid even
// then: what was done before stays done.
func (s *State) Run(ctx context.Context, c Chunk) (Result, error) {
	if ctx.Value(heldKey{s}) != nil {
		return s.chunk(ctx, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx = context.WithValue(ctx, heldKey{s}, true)
	if s.e.opt.Timeout > 0 {
		var cancel context.CancelFunc
		cause := fmt.Errorf("script ended after %v", s.e.opt.Timeout.Round(time.Millisecond))
		ctx, cancel = context.WithTimeoutCause(ctx, s.e.opt.Timeout, cause)
		defer cancel()
	}
	if s.limit == 0 {
		return s.chunk(ctx, c)
	}
	s.e.meter.enter()
	defer s.e.meter.leave()
	res, err := s.chunk(ctx, c)
	if err != nil {
		s.relieve()
	}
	return res, err
}

// chunk runs a chunk when it is its turn.
func (s *State) chunk(ctx context.Context, c Chunk) (Result, error) {
	res := Result{Code: c.Start}
	if s.closed {
		return res, &Error{Message: errClosed.Error(), Text: c.Text}
	}
	p, err := s.e.compile(c.Text, c.Text)
	if err != nil {
		return res, &Error{Syntax: true, Message: err.Error(), Text: c.Text}
	}
	if s.l == nil {
		s.start()
	}
	leave := s.enter(ctx, &c)
	defer leave()
	v, err := s.call(p)
	res.Code = s.run.code
	res.Text, res.HasText = ToText(v)
	res.Text, _, _ = strings.Cut(res.Text, "\x00") // results are C strings to the original
	return res, err
}

// enter makes c the chunk in progress; the result ends that.
func (s *State) enter(ctx context.Context, c *Chunk) func() {
	r := &running{ctx: ctx, chunk: c, code: c.Start, parent: s.run}
	ds := c.Object
	if ds == nil {
		ds = &dicom.Dataset{}
	}
	r.data = &object{ds: ds, life: &life{}, hook: true}
	command := &object{ds: c.Command, life: r.data.life}
	g := s.l.G.Global
	var before [3]glua.LValue
	hookGlobals := [3]string{"Data", "Command", "DicomObject"}
	for i, name := range hookGlobals {
		before[i] = g.RawGetString(name)
	}
	data := *r.data // free ends only what the script holds
	g.RawSetString("Data", s.wrap(&data))
	g.RawSetString("Command", s.wrap(command))
	g.RawSetString("DicomObject", s.class)
	for name, v := range c.Globals {
		g.RawSetString(name, s.luaValue(v))
	}
	cur, done := s.cur, s.done
	s.run, s.done = r, ctx.Done()
	if cur == nil {
		s.cur = s.l
	}
	return func() {
		r.data.life.over = true
		s.pixels = ownedPixels{}
		s.run, s.cur, s.done = r.parent, cur, done
		if r.parent != nil {
			for i, name := range hookGlobals {
				g.RawSetString(name, before[i])
			}
		}
	}
}

// luaValue turns a value of [Chunk.Globals] into one of Lua.
func (s *State) luaValue(v any) glua.LValue {
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
	top, nested := l.GetTop(), s.nested
	l.Push(s.function(l, p))
	err := l.PCall(0, 1, nil)
	s.nested = nested
	if err == nil {
		v := l.Get(-1)
		l.SetTop(top)
		return v, nil
	}
	l.SetTop(top)
	e := &Error{Message: err.Error(), Text: s.run.chunk.Text, Ended: s.exhausted || s.run.ctx.Err() != nil}
	var api *glua.ApiError
	if errors.As(err, &api) {
		e.Message = "(null)"
		if text, ok := ToText(api.Object); ok {
			e.Message = s.polish(text)
		}
		e.Traceback = api.StackTrace
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
)

// start makes the Lua state and its libraries.
func (s *State) start() {
	s.l = glua.NewState(glua.Options{
		SkipOpenLibs: true, RegistrySize: firstStack, RegistryGrowStep: stackStep, RegistryMaxSize: maxStack,
		CallStackSize: maxCalls, MinimizeStackMemory: true,
	})
	s.watch(s.l)
	s.texts = make(map[string][]*program)
	s.open = make(map[io.Closer]struct{})
	s.protected = make(map[*glua.LState]int)
	s.handlers, s.guards = make(map[*glua.LFunction]bool), make(map[*glua.LFunction]bool)
	s.openBase()
	s.openStrings()
	s.openTables()
	s.openMath()
	s.openCoroutines()
	s.openPackage()
	s.openIO()
	s.openOS()
	s.openDebug()
	s.openObjects()
	s.openFunctions()
	s.openGlobal()
	s.preloadModules()
}

// Context is that of the chunk in progress.
func (s *State) Context() context.Context { return s.run.ctx }

// goFunction is a function of a library.
type goFunction func(s *State, l *glua.LState) int

// maxNested bounds Go functions that call Lua that calls Go functions, each of which
// takes a piece of the stack of the process.
const maxNested = 195

// Bind makes a function value.
func (s *State) Bind(f goFunction) *glua.LFunction {
	return s.l.NewFunction(func(l *glua.LState) int {
		if s.nested >= maxNested {
			l.RaiseError("C stack overflow")
		}
		s.nested++ // after an error, who catches it sets it right
		n := f(s, l)
		s.nested--
		return n
	})
}

// entry is a named function of a library.
type entry struct {
	name string
	f    goFunction
}

// Fill puts functions in a table.
func (s *State) Fill(t *glua.LTable, entries []entry) *glua.LTable {
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
	return s.Fill(t, entries)
}

// openEngine opens a library of the engine.
func (s *State) openEngine(name string, f glua.LGFunction) {
	s.l.Push(s.l.NewFunction(f))
	s.l.Push(glua.LString(name))
	s.l.Call(1, 0)
}
