package server

import (
	"context"
	"errors"

	"conquest/dicom"
	"conquest/scripting"
)

// luaSession is the Lua state of an association or a queue, made on first use.
type luaSession struct{}

var errNoLua = errors.New("no Lua engine")

// Lua runs a chunk of a converter.
func (e *environment) Lua(_ context.Context, _ *scripting.Run, c scripting.LuaChunk) scripting.Code {
	e.s.con.Event("*** Lua chunk not run", "chunk", c.Text, "error", errNoLua)
	return c.Start
}

// evaluate gives the value of a Lua expression.
func (e *environment) evaluate(context.Context, *scripting.Run, string) (string, error) {
	return "", errNoLua
}

func (ses *session) hookAssociation() error             { return nil }
func (ses *session) hookCommand(_ *dicom.Dataset) error { return nil }
func (ses *session) hookEnd()                           {}
func (ses *session) hookClientError()                   {}
