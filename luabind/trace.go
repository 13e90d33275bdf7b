package luabind

import (
	glua "github.com/yuin/gopher-lua"

	"conquest/dicom"
	"conquest/lua"
)

// Access is a field of an object that a script read or set.
type Access struct {
	Source string // of the chunk or file, as messages have it
	Line   int
	Object string // "Data", "Command", or "" for items and objects of its own
	Key    string
	Set    bool
	// Value is what was there or what it was set to; "nil" for nothing.
	Value string
}

// access tells the trace of the chunk about a field of ds.
func (s *State) access(l *glua.LState, ds *dicom.Dataset, key string, v glua.LValue, set bool) {
	if s.run == nil || s.run.chunk.Trace == nil {
		return
	}
	a := Access{Key: key, Set: set, Value: shown(v)}
	a.Source, a.Line = lua.Where(l, 1)
	switch {
	case ds == nil:
	case ds == s.run.data.ds:
		a.Object = "Data"
	case ds == s.run.chunk.Command:
		a.Object = "Command"
	}
	s.run.chunk.Trace(a)
}

// shown is a value for people.
func shown(v glua.LValue) string {
	if v == nil {
		return "nil"
	}
	if ud, ok := v.(*glua.LUserData); ok {
		if _, ok := ud.Value.(*array); ok {
			return "sequence"
		}
		return "object"
	}
	if text, ok := lua.ToText(v); ok {
		return text
	}
	if v.Type() == glua.LTTable {
		return "{}"
	}
	return v.Type().String()
}
