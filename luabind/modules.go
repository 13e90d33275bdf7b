package luabind

import (
	"embed"

	glua "github.com/yuin/gopher-lua"
)

//go:embed modules
var moduleFiles embed.FS

// luaModules are the modules written in Lua and their files.
var luaModules = map[string]string{
	"ltn12": "ltn12", "mime": "mime", "socket": "socket", "socket.url": "url", "socket.http": "http", "socket.headers": "headers",
	"socket.tp": "tp", "socket.smtp": "smtp", "socket.ftp": "ftp",
}

// preloadModules enters the modules that need no file of the site. Each is made
// when it is first required.
func (s *State) preloadModules() {
	p, ok := s.l.G.Global.RawGetString("package").(*glua.LTable)
	if !ok {
		return
	}
	if loaded, ok := p.RawGetString("loaded").(*glua.LTable); ok {
		loaded.RawSetString("_G", s.l.G.Global)
		for _, name := range [...]string{"string", "table", "math", "coroutine", "package", "io", "os", "debug"} {
			loaded.RawSetString(name, s.l.G.Global.RawGetString(name))
		}
	}
	preload, ok := p.RawGetString("preload").(*glua.LTable)
	if !ok {
		return
	}
	s.Fill(preload, []entry{{"pack", openPack}, {"socket.core", openSocketCore}, {"mime.core", openMimeCore}, {"lfs", openLFS}})
	open := s.Bind(openLuaModule)
	for name := range luaModules {
		preload.RawSetString(name, open)
	}
}

// openLuaModule runs the module named by the argument.
func openLuaModule(s *State, l *glua.LState) int {
	name := ArgText(l, 1)
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
