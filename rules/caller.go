package rules

import (
	"conquest/luabind"
	"conquest/scripting"
)

// Caller is in whose name work is done: an association, a queue, a dropped file,
// the server itself. Converters read its titles, keep their variables in it and
// find their Lua state there.
type Caller interface {
	// Calling and Called are the AE titles, as converters see them.
	Calling() string
	Called() string
	// Address is the IP address of the peer, "0.0.0.0" when there is none.
	Address() string
	// Thread is the number of the association.
	Thread() int
	// Administrator tells whether it may run commands and see where files lie.
	Administrator() bool
	// Vars are the variables of scripts; nil: they are empty and not kept.
	Vars() *scripting.Vars
	// Lua keeps the Lua state; nil: each chunk has one of its own.
	Lua() *luabind.Session
}

// Party is a [Caller] made of values.
type Party struct {
	CallingAE, CalledAE string
	Variables           *scripting.Vars
	State               *luabind.Session
	// Trusted is what Administrator says.
	Trusted bool
}

func (p *Party) Calling() string       { return p.CallingAE }
func (p *Party) Called() string        { return p.CalledAE }
func (p *Party) Address() string       { return NoAddress }
func (p *Party) Thread() int           { return 0 }
func (p *Party) Administrator() bool   { return p.Trusted }
func (p *Party) Vars() *scripting.Vars { return p.Variables }
func (p *Party) Lua() *luabind.Session { return p.State }

// NoAddress is the address of who did not come by network.
const NoAddress = "0.0.0.0"

// Titled is c under other AE titles.
func Titled(c Caller, calling, called string) Caller {
	return &titled{c, calling, called}
}

type titled struct {
	Caller
	calling, called string
}

func (t *titled) Calling() string { return t.calling }
func (t *titled) Called() string  { return t.called }

// nobody stands for a Caller that is not given.
var nobody Caller = &Party{}

func orNobody(c Caller) Caller {
	if c == nil {
		return nobody
	}
	return c
}
