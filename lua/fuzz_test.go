package lua

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/group"
)

// FuzzSource compiles a text and runs it within bounds: whatever it is, it ends in time
// with a result or an error of Lua. What reaches files and programs is taken away.
func FuzzSource(f *testing.F) {
	files, err := filepath.Glob("testdata/*.lua")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f.Add(line)
		}
	}
	for _, text := range []string{
		"local t = setmetatable({}, {__index = function(t, k) return t[k] end}) return t.x", "return ('x'):rep(1e9)", "return (('a'):rep(30)):find(('.-'):rep(20)..'b')",
		"for i = 1, 1e9 do local t = {i} end", "return string.format('%-99.99f', 1e300)", "goto x ::x::", "return coroutine.wrap(function() error() end)()",
		"debug.sethook(function() end, 'crl') local x = 1", "return debug.traceback(coroutine.create(print))", "return loadstring(string.dump(function() end))",
		"return 0x.p1, 1e, 0x1p4, .5, 5., 1..2", "--[==[ x ]==] return [[\n]]", "return '\\065\\x\\\n'", "local a <const> = 1", "a.b['c'].d, e[1] = f{...}, #g",
		"return table.concat(setmetatable({}, {__len = print}), nil, -1e308, 1e308)", "return unpack({}, 2^31, -2^31)", "return ('x'):byte(-2^63, 2^63)",
	} {
		f.Add(text)
	}
	e := NewEngine(Options{Timeout: 200 * time.Millisecond, Memory: 16 << 20, Stdout: io.Discard, Print: func(string) {}})
	f.Fuzz(func(t *testing.T, text string) {
		var internal *group.PanicError
		e.opt.Panicked = func(err *group.PanicError) { internal = err }
		st := e.NewState(func(s *State) {
			g := s.L().G.Global
			for _, name := range []string{"io", "os", "dofile", "loadfile", "require", "module", "package"} {
				g.RawSetString(name, s.valueOfGo(nil))
			}
		})
		defer st.Close()
		began := time.Now()
		_, err := st.Run(context.Background(), Chunk{Text: text})
		if internal != nil {
			t.Fatalf("%v\n%s", internal, internal.Stack)
		}
		var le *Error
		if err != nil && (!errors.As(err, &le) || strings.HasPrefix(le.Message, "runtime error")) {
			t.Fatalf("error %v", err)
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Fatalf("took %v", d)
		}
	})
}
