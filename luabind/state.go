package luabind

import (
	"context"
	"errors"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/dicom"
	"conquest/lua"
)

// State is one Lua world. It costs nothing until its first chunk. Only one chunk
// runs at a time, others wait; a chunk that a running chunk causes by way of
// [Host] with the context it got runs at once.
type State struct {
	e   *Engine
	vm  *lua.State
	run *running // nil between chunks

	objects, arrays *glua.LTable // metatables
	methods         map[string]*glua.LFunction
	noMethod        *glua.LFunction
	class           *glua.LUserData
	pixels          ownedPixels
}

// running is the chunk in progress.
type running struct {
	chunk  *Chunk
	code   int
	data   *object
	parent *running
}

// NewState makes a state. The caller closes it.
func (e *Engine) NewState() *State {
	s := &State{e: e}
	s.vm = e.vm.NewState(s.open)
	return s
}

// open makes the API of the server in a fresh Lua world.
func (s *State) open(*lua.State) {
	s.openObjects()
	s.openFunctions()
	s.openGlobal()
}

// Close ends the state: files and sockets that its scripts left open are closed.
// It is not used again.
func (s *State) Close() { s.vm.Close() }

// Run runs a chunk. An [*Error] tells that it failed; the result is valid even
// then: what was done before stays done.
func (s *State) Run(ctx context.Context, c Chunk) (Result, error) {
	r := &running{chunk: &c, code: c.Start}
	v, err := s.vm.Run(ctx, lua.Chunk{
		Text: c.Text, Globals: c.Globals, Long: c.Long, Enter: func(nested bool) func() { return s.enter(r, nested) },
	})
	res := Result{Code: r.code}
	res.Text, res.HasText = lua.ToText(v)
	res.Text, _, _ = strings.Cut(res.Text, "\x00") // results are C strings to the original
	var le *lua.Error
	if errors.As(err, &le) {
		return res, (*Error)(le)
	}
	return res, err
}

// enter makes r the chunk in progress; the result ends that.
func (s *State) enter(r *running, nested bool) (leave func()) {
	ds := r.chunk.Object
	if ds == nil {
		ds = &dicom.Dataset{}
	}
	r.data = &object{ds: ds, life: &life{}, hook: true}
	command := &object{ds: r.chunk.Command, life: r.data.life}
	g := s.vm.L().G.Global
	var before [3]glua.LValue
	hookGlobals := [3]string{"Data", "Command", "DicomObject"}
	for i, name := range hookGlobals {
		before[i] = g.RawGetString(name)
	}
	data := *r.data // free ends only what the script holds
	g.RawSetString("Data", s.wrap(&data))
	g.RawSetString("Command", s.wrap(command))
	g.RawSetString("DicomObject", s.class)
	r.parent, s.run = s.run, r
	return func() {
		r.data.life.over = true
		s.share()
		s.run = r.parent
		if nested {
			for i, name := range hookGlobals {
				g.RawSetString(name, before[i])
			}
		}
	}
}

// goFunction is a function of the API.
type goFunction func(s *State, l *glua.LState) int

func (s *State) bind(f goFunction) *glua.LFunction {
	return s.vm.Bind(func(_ *lua.State, l *glua.LState) int { return f(s, l) })
}

// entry is a named function.
type entry struct {
	name string
	f    goFunction
}

// fill puts functions in a table.
func (s *State) fill(t *glua.LTable, entries []entry) *glua.LTable {
	for _, e := range entries {
		t.RawSetString(e.name, s.bind(e.f))
	}
	return t
}
