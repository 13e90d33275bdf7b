package luabind

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// openGlobal makes tables Global and Association (docs/original/lua.md 5).
func (s *State) openGlobal() {
	global := s.l.NewTable()
	global.Metatable = s.Fill(s.l.NewTable(), []entry{{"__index", globalIndex}, {"__newindex", globalNewIndex}})
	association := s.l.NewTable()
	association.Metatable = s.Fill(s.l.NewTable(), []entry{{"__index", associationIndex}})
	s.l.G.Global.RawSetString("Global", global)
	s.l.G.Global.RawSetString("Association", association)
}

func globalIndex(s *State, l *glua.LState) int {
	key, ok := ToText(l.Get(2))
	if !ok {
		return Give(l, glua.LNil)
	}
	if v, ok := s.e.variables[strings.ToLower(key)]; ok {
		if v.text {
			return GiveText(l, s.e.host.Text(v.name))
		}
		return GiveNumber(l, float64(s.e.host.Variable(v.name)))
	}
	const longest = 511
	value, ok := s.e.host.Setting("", key)
	if !ok || value == "" {
		return Give(l, glua.LNil)
	}
	return GiveText(l, value[:min(len(value), longest)])
}

// globalNewIndex sets a variable. A key that dicom.ini has is changed there first.
func globalNewIndex(s *State, l *glua.LState) int {
	key, ok := ToText(l.Get(2))
	if !ok {
		return 0
	}
	v, known := s.e.variables[strings.ToLower(key)]
	text, isText := ToText(l.Get(3))
	text, _, _ = strings.Cut(text, "\x00")
	if !isText && (!known || v.text) {
		l.RaiseError("bad value for Global.%s (string or number expected, got %s)", key, l.Get(3).Type())
	}
	defer s.into(l)()
	if _, inFile := s.e.host.Setting("", key); inFile && isText {
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
	if _, _, err := s.e.host.ServerCommand(s.Context(), command, nil); err != nil {
		s.e.host.Debug(command + " " + err.Error())
	}
}

func associationIndex(s *State, l *glua.LState) int {
	key, ok := ToText(l.Get(2))
	if !ok || s.run == nil {
		return Give(l, glua.LNil)
	}
	a := &s.run.chunk.Association
	switch key {
	case "Calling":
		return GiveText(l, a.Calling)
	case "Called":
		return GiveText(l, a.Called)
	case "ConnectedIP":
		return GiveText(l, a.ConnectedIP)
	case "Thread":
		return GiveNumber(l, float64(a.Thread))
	}
	return Give(l, glua.LNil)
}
