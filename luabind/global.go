package luabind

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
	"conquest/oplog"
)

// openGlobal makes tables Global and Association (docs/original/lua.md 5).
func (s *State) openGlobal() {
	global := s.vm.L().NewTable()
	global.Metatable = s.fill(s.vm.L().NewTable(), []entry{{"__index", globalIndex}, {"__newindex", globalNewIndex}})
	association := s.vm.L().NewTable()
	association.Metatable = s.fill(s.vm.L().NewTable(), []entry{{"__index", associationIndex}})
	s.vm.L().G.Global.RawSetString("Global", global)
	s.vm.L().G.Global.RawSetString("Association", association)
}

func globalIndex(s *State, l *glua.LState) int {
	key, ok := lua.ToText(l.Get(2))
	if !ok {
		return lua.Give(l, glua.LNil)
	}
	if v, ok := s.e.variables[strings.ToLower(key)]; ok {
		if v.text {
			return lua.GiveText(l, s.e.host.Text(v.name))
		}
		return lua.GiveNumber(l, float64(s.e.host.Variable(v.name)))
	}
	const longest = 511
	value, ok := s.e.host.Setting("", key)
	if !ok || value == "" {
		return lua.Give(l, glua.LNil)
	}
	return lua.GiveText(l, value[:min(len(value), longest)])
}

// globalNewIndex sets a variable. A key that dicom.ini has is changed there first.
func globalNewIndex(s *State, l *glua.LState) int {
	key, ok := lua.ToText(l.Get(2))
	if !ok {
		return 0
	}
	v, known := s.e.variables[strings.ToLower(key)]
	text, isText := lua.ToText(l.Get(3))
	text, _, _ = strings.Cut(text, "\x00")
	_, inFile := s.e.host.Setting("", key)
	switch {
	case isText || known && !v.text:
	case !known && !inFile:
		return 0
	default:
		l.RaiseError("bad value for Global.%s (string or number expected, got %s)", key, l.Get(3).Type())
	}
	defer s.into(l)()
	if inFile && isText {
		s.tell("put_param:" + key + "," + text)
		s.tell("read_ini:")
	}
	switch {
	case !known:
	case v.text:
		s.e.host.SetText(v.name, text)
	default:
		s.e.host.SetVariable(v.name, int64(looseInt(l, 3)))
	}
	return 0
}

// tell sends a command to this server whose answer is of no interest.
func (s *State) tell(command string) {
	if _, _, err := s.e.host.ServerCommand(s.vm.Context(), command, nil); err != nil {
		oplog.LuaCommandFailed(oplog.Lines(s.e.host.Debug), command, err)
	}
}

func associationIndex(s *State, l *glua.LState) int {
	key, ok := lua.ToText(l.Get(2))
	if !ok || s.run == nil {
		return lua.Give(l, glua.LNil)
	}
	a := &s.run.chunk.Association
	switch key {
	case "Calling":
		return lua.GiveText(l, a.Calling)
	case "Called":
		return lua.GiveText(l, a.Called)
	case "ConnectedIP":
		return lua.GiveText(l, a.ConnectedIP)
	case "Thread":
		return lua.GiveNumber(l, float64(a.Thread))
	}
	return lua.Give(l, glua.LNil)
}
