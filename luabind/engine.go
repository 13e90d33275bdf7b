package luabind

import (
	"fmt"
	"maps"
	"strconv"

	"conquest/group"
	"conquest/lua"
	"conquest/lua/lfs"
	"conquest/lua/lsqlite"
	"conquest/lua/luasql"
	"conquest/lua/pack"
	"conquest/lua/socket"
	"conquest/oplog"
)

// Options of an engine. Print, Modules, Dropped and Panicked are those of the server when they
// are not set.
type Options = lua.Options

// Engine is what all states share. It is safe for concurrent use.
type Engine struct {
	host      Host
	vm        *lua.Engine
	variables map[string]variable

	functions []feature             // the global ones
	methods   map[string]goFunction // of objects and arrays
	// A key that is part of these names with bars between is a function, whatever the
	// object holds (docs/original/lua.md 3.1).
	objectMethods, classMethods string
	arrayMethods                []string
}

// NewEngine makes an engine.
func NewEngine(host Host, opt Options) *Engine {
	if opt.Print == nil {
		opt.Print = host.Operator
	}
	if opt.Dropped == nil {
		opt.Dropped = func(bytes int) {
			oplog.LuaMemory(oplog.Lines(host.Operator), bytes>>20)
		}
	}
	if opt.Panicked == nil {
		opt.Panicked = func(err *group.PanicError) {
			oplog.LuaBroken(oplog.Lines(host.Operator), fmt.Sprint(err.Value))
			host.Debug(string(err.Stack))
		}
	}
	if opt.Modules == nil {
		opt.Modules = lua.Functions{}
		for _, m := range modules {
			maps.Copy(opt.Modules, m.open())
		}
	}
	e := &Engine{host: host, vm: lua.NewEngine(opt), variables: variableTable(), methods: map[string]goFunction{}}
	for _, c := range api() {
		for _, f := range c.features {
			e.enter(f)
		}
	}
	return e
}

// enter makes a feature known.
func (e *Engine) enter(f feature) {
	if f.global != "" {
		e.functions = append(e.functions, f)
	}
	if f.method == "" {
		return
	}
	e.methods[f.method] = f.f
	if f.kind == ofArrays || f.kind == ofEither {
		e.arrayMethods = append(e.arrayMethods, f.method)
	}
	if f.kind != ofArrays {
		e.objectMethods += f.method + "|"
	}
	if f.kind == ofClass {
		e.classMethods += f.method + "|"
	}
}

// module is a part of LuaSocket and the like that needs no file of the site.
type module struct {
	names []string
	open  func() lua.Functions
	help  string
}

var modules = []module{
	{[]string{"socket", "socket.core", "socket.url", "socket.http", "socket.headers", "socket.tp", "socket.smtp", "socket.ftp", "ltn12", "mime", "mime.core"},
		socket.Modules, "LuaSocket 3.0: sockets, http, mail, ftp, filters. No options of sockets, no TLS."},
	{[]string{"luasql.postgres", "luasql.mysql", "luasql.sqlite3"}, luasql.Modules,
		"LuaSQL 2.6 on drivers in Go: `local env = require('luasql.postgres').postgres()`, `env:connect(database, user, password, host, port)`, `con:execute`, `cur:fetch`. A cursor holds all of its rows."},
	{[]string{"lsqlite3"}, lsqlite.Modules, "LuaSQLite 3: databases and statements. No functions of Lua in SQL, no hooks."},
	{[]string{"lfs"}, func() lua.Functions { return lua.Functions{"lfs": lfs.Open} }, "LuaFileSystem: attributes, dir, mkdir, rmdir, touch. A script of the server may not change the folder."},
	{[]string{"pack"}, func() lua.Functions { return lua.Functions{"pack": pack.Open} }, "Adds `string.pack`, `string.unpack` and `string.reshape`."},
}

func itoa(n int) string { return strconv.Itoa(n) }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
