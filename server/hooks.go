package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"conquest/access"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/luabind"
	"conquest/scripting"
)

// luaSession is the Lua state of an association, a queue or a tool, made when
// the first chunk runs.
type luaSession struct {
	mu    sync.Mutex
	state *luabind.State
}

// luaOwner is whatever keeps a Lua state between chunks.
type luaOwner interface{ luaSession() *luaSession }

func (ses *session) luaSession() *luaSession    { return &ses.lua }
func (w *exportWorker) luaSession() *luaSession { return &w.lua }
func (w *delayedWork) luaSession() *luaSession  { return &w.lua }
func (f *fileSession) luaSession() *luaSession  { return &f.lua }

func (l *luaSession) get(e *luabind.Engine) *luabind.State {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == nil {
		l.state = e.NewState()
	}
	return l.state
}

// started tells whether there is a state.
func (l *luaSession) started() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state != nil
}

func (l *luaSession) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != nil {
		l.state.Close()
		l.state = nil
	}
}

// luaState is the state that belongs to an association or queue, or one for
// this use only; done releases the latter.
func (s *Server) luaState(owner any) (state *luabind.State, done func()) {
	if o, ok := owner.(luaOwner); ok {
		return o.luaSession().get(s.lua), func() {}
	}
	st := s.lua.NewState()
	return st, st.Close
}

// Lua runs a chunk of a converter.
func (e *environment) Lua(ctx context.Context, r *scripting.Run, c scripting.LuaChunk) scripting.Code {
	chunk := luabind.Chunk{
		Text: c.Text, Object: r.Object, Command: r.Command, Storage: r.Storage,
		Association: e.s.luaAssociation(r), Start: int(c.Start), Context: r,
		Globals: map[string]any{},
	}
	if c.HasCommandLine {
		chunk.Globals["command_line"] = c.CommandLine
		chunk.Globals["version"] = Version
	} else if c.File {
		chunk.Globals["command_line"] = nil
	}
	if ses, ok := r.Association.(*session); ok {
		if name := ses.userName(); name != "" {
			chunk.Globals["user_identity"] = name
		}
	}
	if f, ok := r.Association.(*fileSession); ok && f.file != "" {
		chunk.Globals["Filename"] = f.file
	}
	state, done := e.s.luaState(r.Association)
	defer done()
	res, err := state.Run(ctx, chunk)
	e.s.sayLuaError(err)
	return scripting.Code(res.Code)
}

func (s *Server) sayLuaError(err error) {
	if err == nil {
		return
	}
	s.con.Operator("%v", err)
	var le *luabind.Error
	switch {
	case !errors.As(err, &le) || le.Traceback == "":
	case le.Ended:
		s.con.Operator("%s", le.Traceback)
	case s.con.DebugLevel() > 0:
		s.con.Debug("%s", le.Traceback)
	}
}

func (s *Server) luaAssociation(r *scripting.Run) luabind.Association {
	a := luabind.Association{Calling: r.Calling, Called: r.Called, ConnectedIP: "0.0.0.0", Thread: r.Thread}
	if ses, ok := r.Association.(*session); ok {
		a.ConnectedIP = ses.ip()
	}
	if _, ok := r.Association.(*exportWorker); ok {
		a.Calling, a.Called = "", ""
	}
	return a
}

func (ses *session) ip() string {
	return access.Host(ses.a.RemoteAddr())
}

// evaluate gives the value of a Lua expression.
func (e *environment) evaluate(ctx context.Context, r *scripting.Run, expression string) (string, error) {
	state, done := e.s.luaState(r.Association)
	defer done()
	res, err := state.Run(ctx, luabind.Chunk{
		Text: "return " + expression, Object: r.Object, Command: r.Command,
		Association: e.s.luaAssociation(r), Start: int(scripting.Done), Context: r,
	})
	if err != nil {
		return "", err
	}
	if !res.HasText {
		return "", fmt.Errorf("expression %q has no text as value", expression)
	}
	return res.Text, nil
}

// hook runs the chunk of a [lua] entry in the state of the association.
func (ses *session) hook(name string, command *dicom.Dataset, globals map[string]any) (luabind.Result, bool) {
	text := ses.s.live.Current().LuaHook(name)
	if text == "" {
		return luabind.Result{}, false
	}
	if name := ses.userName(); name != "" {
		globals = maps.Clone(globals)
		if globals == nil {
			globals = map[string]any{}
		}
		globals["user_identity"] = name
	}
	res, err := ses.lua.get(ses.s.lua).Run(context.Background(), luabind.Chunk{
		Text: text, Command: command, Start: int(scripting.Done), Globals: globals, Context: ses,
		Association: luabind.Association{Calling: ses.a.Calling(), Called: ses.a.Called(), ConnectedIP: ses.ip(), Thread: ses.thread},
	})
	ses.s.sayLuaError(err)
	return res, true
}

func refuses(res luabind.Result) bool {
	return res.Code == int(scripting.Destroy) || res.Code == int(scripting.Reject)
}

func (ses *session) hookAssociation() error {
	if res, ran := ses.hook("association", nil, nil); ran && refuses(res) {
		return dimse.ErrRelease
	}
	return nil
}

func (ses *session) hookCommand(command *dicom.Dataset) error {
	if res, ran := ses.hook("command", command, nil); ran && refuses(res) {
		return dimse.ErrRelease
	}
	return nil
}

func (ses *session) hookEnd() {
	ses.hook("endassociation", nil, nil)
	ses.lua.close()
}

func (ses *session) hookClientError() { ses.hook("clienterror", nil, nil) }
