package socket

import (
	"embed"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

//go:embed modules
var moduleFiles embed.FS

// luaModules are the modules written in Lua and their files.
var luaModules = map[string]string{
	"ltn12": "ltn12", "mime": "mime", "socket": "socket", "socket.url": "url", "socket.http": "http", "socket.headers": "headers",
	"socket.tp": "tp", "socket.smtp": "smtp", "socket.ftp": "ftp",
}

// Modules are what require finds under the names of LuaSocket 3.0.
func Modules() lua.Functions {
	m := lua.Functions{"socket.core": openSocketCore, "mime.core": openMimeCore}
	for name := range luaModules {
		m[name] = openLuaModule
	}
	return m
}

// openLuaModule runs the module named by the argument.
func openLuaModule(s *lua.State, l *glua.LState) int {
	name := lua.ArgText(l, 1)
	text, err := moduleFiles.ReadFile("modules/" + luaModules[name] + ".lua")
	if err != nil {
		l.RaiseError("module '%s': %s", name, err.Error())
	}
	f, err := s.Load(l, string(text), "="+name)
	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	l.Push(f)
	l.Push(glua.LString(name))
	l.Call(1, 1)
	return 1
}
