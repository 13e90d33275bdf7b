package luabind

import (
	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// looseInt is argument n as the functions of the server take it: what is no number
// counts as 0.
func looseInt(l *glua.LState, n int) int {
	f, ok := lua.ToNumber(l.Get(n))
	if !ok {
		return 0
	}
	return lua.ToInt(f)
}
