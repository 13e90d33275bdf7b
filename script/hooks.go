package script

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"conquest/dicom"
	"conquest/luabind"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
)

// State is the state that belongs to a caller, or one for this use only; done
// releases the latter.
func (s *Host) State(caller rules.Caller) (state *luabind.State, done func()) {
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

// LinesOf runs lines in the name of a caller, nil for nobody, with variables of
// their own.
func (s *Host) LinesOf(caller rules.Caller) *lines {
	l := &lines{scripting.Run{Env: s.env(caller), Cache: s.scripts, Vars: &scripting.Vars{}}}
	if caller != nil {
		l.run.Calling, l.run.Called, l.run.Thread = caller.Calling(), caller.Called(), caller.Thread()
	}
	return l
}

// Lua runs a chunk of a converter.
func (e *env) Lua(ctx context.Context, r *scripting.Run, c scripting.LuaChunk) scripting.Code {
	chunk := luabind.Chunk{
		Text: c.Text, Object: r.Object, Command: r.Command, Storage: r.Storage,
		Association: AssociationOf(e.caller), Start: int(c.Start), Lines: &lines{*r},
		Globals: map[string]any{},
	}
	if c.HasCommandLine {
		chunk.Globals["command_line"] = c.CommandLine
		chunk.Globals["version"] = site.Version
	} else if c.File {
		chunk.Globals["command_line"] = nil
	}
	chunk.Globals = withGlobals(e.caller, chunk.Globals)
	state, done := e.s.State(e.caller)
	defer done()
	res, err := state.Run(ctx, chunk)
	if err != nil {
		r.Fail(err.Error())
	}
	e.s.SayError(err)
	return scripting.Code(res.Code)
}

func (s *Host) SayError(err error) {
	if err == nil {
		return
	}
	oplog.Problem(s.Console, err)
	var le *luabind.Error
	switch {
	case !errors.As(err, &le) || le.Traceback == "":
	case le.Ended:
		oplog.Line(s.Console, le.Traceback)
	case s.Console.DebugLevel() > 0:
		oplog.DebugLine(s.Console, le.Traceback)
	}
}

// AssociationOf is what the table Association shows of a caller.
func AssociationOf(c rules.Caller) luabind.Association {
	if c == nil {
		return luabind.Association{ConnectedIP: rules.NoAddress}
	}
	return luabind.Association{Calling: c.Calling(), Called: c.Called(), ConnectedIP: c.Address(), Thread: c.Thread()}
}

// Expression gives the value of a Lua expression about the object of a request.
func (s *Host) Expression(ctx context.Context, q rules.Request, expression string) (string, error) {
	state, done := s.State(q.Caller)
	defer done()
	res, err := state.Run(ctx, luabind.Chunk{
		Text: "return " + expression, Object: q.Object, Command: q.Command,
		Association: AssociationOf(q.Caller), Start: int(scripting.Done), Lines: s.LinesOf(q.Caller),
	})
	if err == nil && !res.HasText {
		err = fmt.Errorf("expression %q has no text as value", expression)
	}
	s.SayError(err)
	return res.Text, err
}

// Hook runs the chunk of a [lua] entry in the state of the caller; ran is false
// when there is none.
func (s *Host) Hook(ctx context.Context, name string, q rules.Request, globals map[string]any) (verdict scripting.Code, ran bool) {
	text := s.Live.Current().LuaHook(name)
	if text == "" {
		return scripting.Done, false
	}
	state, done := s.State(q.Caller)
	defer done()
	res, err := state.Run(ctx, luabind.Chunk{
		Text: text, Object: q.Object, Command: q.Command, Start: int(scripting.Done), Lines: s.LinesOf(q.Caller),
		Globals: withGlobals(q.Caller, globals), Association: AssociationOf(q.Caller),
	})
	s.SayError(err)
	return scripting.Code(res.Code), true
}

func refuses(res luabind.Result) bool {
	return res.Code == int(scripting.Destroy) || res.Code == int(scripting.Reject)
}

// RunFile runs a Lua file with a command line in the state of a caller.
func (s *Host) RunFile(ctx context.Context, caller rules.Caller, path, args string) {
	env := s.env(caller)
	env.Lua(ctx, &scripting.Run{Env: env, Cache: s.scripts, Object: dicom.NewDataset(0), N: -1, Vars: caller.Vars()},
		scripting.LuaChunk{Text: "dofile([[" + path + "]])", CommandLine: args, HasCommandLine: true, File: true, Start: scripting.Done})
}
