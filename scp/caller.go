package scp

import (
	"conquest/access"
	"conquest/luabind"
	"conquest/scripting"
)

// A session is a caller, see [rules.Caller].

func (ses *session) Calling() string { return ses.a.Calling() }

func (ses *session) Called() string { return ses.a.Called() }

func (ses *session) Address() string { return access.Host(ses.a.RemoteAddr()) }

func (ses *session) Thread() int { return ses.thread }

func (ses *session) Vars() *scripting.Vars { return &ses.vars }

func (ses *session) Lua() *luabind.Session { return &ses.lua }

// Administrator tells whether the peer may run commands and see storage paths:
// CommandIPs lists addresses and networks, by default this machine only, and the
// file of AccessRights, if there is one, has to give the right as well.
func (ses *session) Administrator() bool {
	return ses.rights.Has(access.Commands) && access.MayAdminister(ses.s.Live.Current(), ses.a.RemoteAddr())
}
