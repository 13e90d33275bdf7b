package server

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/luabind"
	"conquest/rules"
	"conquest/scripting"
)

// luaState is the state that belongs to a caller, or one for this use only; done
// releases the latter.
func (s *Server) luaState(caller rules.Caller) (state *luabind.State, done func()) {
	if caller != nil && caller.Lua() != nil {
		return caller.Lua().State(s.lua), func() {}
	}
	st := s.lua.NewState()
	return st, st.Close
}

// withGlobals adds the variables that all chunks of a caller see.
func withGlobals(caller rules.Caller, globals map[string]any) map[string]any {
	if caller == nil || caller.Lua() == nil || len(caller.Lua().Globals) == 0 {
		return globals
	}
	all := maps.Clone(caller.Lua().Globals)
	maps.Copy(all, globals)
	return all
}

// lines runs lines of the command language for chunks of Lua.
type lines struct{ run scripting.Run }

// RunLine runs a line on an object.
func (l *lines) RunLine(ctx context.Context, line string, object *dicom.Dataset) int {
	run := l.run
	run.Object = object
	return int(run.Script(ctx, line, -2, false))
}

// linesOf runs lines in the name of a caller, nil for nobody, with variables of
// their own.
func (s *Server) linesOf(caller rules.Caller) *lines {
	l := &lines{scripting.Run{Env: s.env(caller), Cache: s.scripts, Vars: &scripting.Vars{}}}
	if caller != nil {
		l.run.Calling, l.run.Called, l.run.Thread = caller.Calling(), caller.Called(), caller.Thread()
	}
	return l
}

// Lua runs a chunk of a converter.
func (e *environment) Lua(ctx context.Context, r *scripting.Run, c scripting.LuaChunk) scripting.Code {
	chunk := luabind.Chunk{
		Text: c.Text, Object: r.Object, Command: r.Command, Storage: r.Storage,
		Association: associationOf(e.caller), Start: int(c.Start), Lines: &lines{*r},
		Globals: map[string]any{},
	}
	if c.HasCommandLine {
		chunk.Globals["command_line"] = c.CommandLine
		chunk.Globals["version"] = Version
	} else if c.File {
		chunk.Globals["command_line"] = nil
	}
	chunk.Globals = withGlobals(e.caller, chunk.Globals)
	state, done := e.s.luaState(e.caller)
	defer done()
	res, err := state.Run(ctx, chunk)
	if err != nil {
		r.Fail(err.Error())
	}
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

// associationOf is what the table Association shows of a caller.
func associationOf(c rules.Caller) luabind.Association {
	if c == nil {
		return luabind.Association{ConnectedIP: rules.NoAddress}
	}
	return luabind.Association{Calling: c.Calling(), Called: c.Called(), ConnectedIP: c.Address(), Thread: c.Thread()}
}

// expression gives the value of a Lua expression about the object of a request.
func (s *Server) expression(ctx context.Context, q rules.Request, expression string) (string, error) {
	state, done := s.luaState(q.Caller)
	defer done()
	res, err := state.Run(ctx, luabind.Chunk{
		Text: "return " + expression, Object: q.Object, Command: q.Command,
		Association: associationOf(q.Caller), Start: int(scripting.Done), Lines: s.linesOf(q.Caller),
	})
	if err == nil && !res.HasText {
		err = fmt.Errorf("expression %q has no text as value", expression)
	}
	s.sayLuaError(err)
	return res.Text, err
}

// hook runs the chunk of a [lua] entry in the state of a caller; ran is false
// when there is none.
func (s *Server) hook(ctx context.Context, caller rules.Caller, name string, chunk luabind.Chunk) (res luabind.Result, ran bool) {
	chunk.Text = s.live.Current().LuaHook(name)
	if chunk.Text == "" {
		return luabind.Result{}, false
	}
	chunk.Start, chunk.Lines = int(scripting.Done), s.linesOf(caller)
	chunk.Globals, chunk.Association = withGlobals(caller, chunk.Globals), associationOf(caller)
	state, done := s.luaState(caller)
	defer done()
	res, err := state.Run(ctx, chunk)
	s.sayLuaError(err)
	return res, true
}

func refuses(res luabind.Result) bool {
	return res.Code == int(scripting.Destroy) || res.Code == int(scripting.Reject)
}

// runHook runs a hook of the association.
func (ses *session) runHook(name string, command *dicom.Dataset) error {
	res, ran := ses.s.hook(context.Background(), ses, name, luabind.Chunk{Command: command})
	if ran && refuses(res) {
		return dimse.ErrRelease
	}
	return nil
}

func (ses *session) hookEnd() {
	ses.runHook("endassociation", nil)
	ses.lua.Close()
}
