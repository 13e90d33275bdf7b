package luabind

import (
	lua "github.com/yuin/gopher-lua"
)

// preloadModules enters the modules that need no file. Each is made when it is
// first required.
func (s *State) preloadModules() {
	p, ok := s.l.G.Global.RawGetString("package").(*lua.LTable)
	if !ok {
		return
	}
	preload, ok := p.RawGetString("preload").(*lua.LTable)
	if !ok {
		return
	}
	s.fill(preload, []entry{{"pack", openPack}})
}
