package luabind

import (
	"strconv"

	"conquest/lua"
	"conquest/lua/lfs"
	"conquest/lua/pack"
	"conquest/lua/socket"
)

// Options of an engine. Print, Modules and Dropped are those of the server when they
// are not set.
type Options = lua.Options

// Engine is what all states share. It is safe for concurrent use.
type Engine struct {
	host      Host
	vm        *lua.Engine
	variables map[string]variable
}

// NewEngine makes an engine.
func NewEngine(host Host, opt Options) *Engine {
	if opt.Print == nil {
		opt.Print = host.Operator
	}
	if opt.Dropped == nil {
		opt.Dropped = func(bytes int) {
			host.Operator("*** lua: the globals of a script held " + itoa(bytes>>20) + " MB (LuaMemory) and are dropped")
		}
	}
	if opt.Modules == nil {
		opt.Modules = socket.Modules()
		opt.Modules["lfs"], opt.Modules["pack"] = lfs.Open, pack.Open
	}
	return &Engine{host: host, vm: lua.NewEngine(opt), variables: variableTable()}
}

func itoa(n int) string { return strconv.Itoa(n) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
