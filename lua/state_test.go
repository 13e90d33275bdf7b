package lua

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/group"
)

func newTestState(t testing.TB, opt Options) *State {
	t.Helper()
	if opt.Stdout == nil {
		opt.Stdout = io.Discard
	}
	st := NewEngine(opt).NewState()
	t.Cleanup(st.Close)
	return st
}

// eval runs a chunk and gives its result as text.
func eval(st *State, text string) (string, error) {
	v, err := st.Run(context.Background(), Chunk{Text: text})
	got, _ := ToText(v)
	return got, err
}

// evalOK runs a chunk in a state of its own.
func evalOK(t *testing.T, text string) string {
	t.Helper()
	got, err := eval(newTestState(t, Options{}), text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTimeout(t *testing.T) {
	st := newTestState(t, Options{Timeout: 50 * time.Millisecond})
	for _, text := range []string{
		"while true do end", "while true do pcall(function() while true do end end) end", "repeat local x = ('a'):rep(10) until false",
		"coroutine.wrap(function() while true do end end)()",
		"os.execute('sleep 20')", "return (('a'):rep(3000)):find(('.-'):rep(300)..'b')", "local function f() return f() end f()",
	} {
		began := time.Now()
		_, err := eval(st, text)
		var e *Error
		switch {
		case time.Since(began) > 15*time.Second:
			t.Errorf("%s: took %v", text, time.Since(began))
		case strings.HasPrefix(text, "os."):
		case !errors.As(err, &e) || !strings.Contains(e.Message, "script ended after 50ms") || !strings.Contains(e.Traceback, "traceback"):
			t.Errorf("%s: %v", text, err)
		}
	}
	if got, err := eval(st, "return 'alive'"); err != nil || got != "alive" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestLongChunks holds that the timeout leaves long chunks alone, and what they call.
func TestLongChunks(t *testing.T) {
	st := newTestState(t, Options{Timeout: 20 * time.Millisecond})
	const text = "local from = os.time() local n = 0 while n < 3e6 do n = n + 1 end return n"
	v, err := st.Run(context.Background(), Chunk{Text: text, Long: true})
	if err != nil || v.String() != "3000000" {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := eval(st, text); err == nil || !strings.Contains(err.Error(), "script ended after 20ms") {
		t.Errorf("error %v", err)
	}
}

// TestPanics holds that a panic of a function of ours is an error of the script, and
// told with its stack.
func TestPanics(t *testing.T) {
	var told *group.PanicError
	st := NewEngine(Options{Panicked: func(err *group.PanicError) { told = err }}).NewState(func(s *State) {
		s.Fill(s.L().G.Global, Functions{"broken": func(_ *State, l *glua.LState) int { return len([]int{}[l.GetTop():]) }})
	})
	defer st.Close()
	got, err := eval(st, "local ok, err = pcall(broken, 1, 2) return tostring(ok) .. ' ' .. err")
	if err != nil || !strings.HasPrefix(got, "false internal error: runtime error: slice bounds") {
		t.Errorf("%q, %v", got, err)
	}
	if told == nil || !strings.Contains(string(told.Stack), "TestPanics") {
		t.Errorf("told %v", told)
	}
	if _, err := eval(st, "broken(1)"); err == nil || !strings.Contains(err.Error(), "internal error") {
		t.Errorf("error %v", err)
	}
	if got, err := eval(st, "return 'alive'"); err != nil || got != "alive" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRunawayRecursion(t *testing.T) {
	st := newTestState(t, Options{})
	for _, text := range []string{
		"local function f() return 1 + f() end f()", "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
		"string.rep('x', 1e12)",
		"return unpack({}, 1, 1e8)", "return ('x'):rep(1e7):byte(1, -1)",
		"loadstring(('('):rep(100000))()", "loadstring('return ' .. ('{'):rep(100000))()", "table.sort({1,2,3,4,5,6}, function(a, b) error('x') end)",
	} {
		if _, err := eval(st, text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// TestSharedState runs one state from several goroutines.
func TestSharedState(t *testing.T) {
	st := newTestState(t, Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if _, err := eval(st, "count = (count or 0) + 1"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got, _ := eval(st, "return count"); got != "400" {
		t.Errorf("count %s", got)
	}
}

// TestLoopBounds holds that texts bound loops as numbers do: values of elements are
// texts.
func TestLoopBounds(t *testing.T) {
	const text = `local n = 0 local limit = "010"
		for i = 1, "3" do n = n + i end
		for i = "1", 3, "1" do n = n + i end
		for i = 0, limit do n = n + 1 end
		return n`
	if got := evalOK(t, text); got != "23" {
		t.Errorf("%s, want 23 as Lua 5.1", got)
	}
}
