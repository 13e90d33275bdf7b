package lua_test

import (
	"context"
	"fmt"
	"os"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// A program gives scripts a function of its own, bounds on time and memory, and takes
// their result.
func Example() {
	engine := lua.NewEngine(lua.Options{Timeout: 5 * time.Second, Memory: 64 << 20, Stdout: os.Stdout})
	state := engine.NewState(func(s *lua.State) {
		double := func(_ *lua.State, l *glua.LState) int { return lua.GiveNumber(l, 2*lua.ArgNumber(l, 1)) }
		s.Fill(s.L().G.Global, lua.Functions{"double": double})
	})
	defer state.Close()

	v, err := state.Run(context.Background(), lua.Chunk{
		Text:    "print('hello', name) return double(21)",
		Globals: map[string]any{"name": "world"},
	})
	fmt.Println(v, err)

	_, err = state.Run(context.Background(), lua.Chunk{Text: "double({})"})
	fmt.Println(err)
	// Output:
	// hello	world
	// 42 <nil>
	// [string "double({})"]:1: bad argument #1 to 'double' (number expected, got table)
}
