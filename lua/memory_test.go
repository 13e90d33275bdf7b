package lua

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/budget"
)

// TestMemory runs scripts that take memory without end.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes memory")
	}
	const limit = 16 << 20
	for name, text := range map[string]string{
		"tables":            "local t = {} while true do t[#t+1] = {} end",
		"kept tables":       "t = {} while true do t[#t+1] = {} end",
		"strings":           "local s = 'x' while true do s = s .. s end",
		"different strings": "local t = {} for i = 1, 1e9 do t[i] = 'number ' .. i end",
		"long strings":      "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end",
		"parts of strings":  "local t = {} for i = 1, 1e9 do local s = ('x'):rep(1e6) .. i t[i] = {s:match('^(x*)')} end",
		"closures":          "local t = {} while true do local x = {} t[#t+1] = function() return x end end",
		"coroutines":        "local t = {} while true do t[#t+1] = coroutine.create(function() coroutine.yield() end) end",
		"inside coroutines": "coroutine.wrap(function() local t = {} while true do t[#t+1] = {} end end)()",
		"keys":              "local t = {} for i = 1, 1e9 do t['k' .. i] = true end",
		"forgotten keys":    "local t = {} for i = 1, 1e9 do t['k' .. i] = true t['k' .. i] = nil end",
		"numbers as keys":   "local t = {} for i = 1, 1e9 do t[i + 0.5] = i end",
		"chunks":            "local t = {} for i = 1, 1e9 do t[i] = loadstring('return ' .. i) end",
		"stack":             "local function f(s) return 1 + f(s .. ('x'):rep(1e5)) end f('')",
		"arguments":         "local function f(a, b) return b end local function g(n) return f(('x'):rep(1e6) .. n, g(n + 1)) end g(1)",
		"concat":            "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1e5) end while true do t[#t+1] = table.concat(t) end",
		"gsub":              "local s = 'x' while true do s = s:gsub('x', 'xx') end",
		"format":            "local s = 'x' while true do s = ('%s%s'):format(s, s) end",
		"iterators":         "local t = {} for i = 1, 1e9 do t[i] = (('x'):rep(1e6) .. i):gmatch('.') end",
		"file":              "io.open('/dev/zero'):read('*a')",
		"line":              "io.open('/dev/zero'):read()",
		"metatables":        "local t while true do t = setmetatable({}, {__index = t}) end",
		"upvalues":          "local f while true do local g = f f = function() return g end end",
		"environments":      "local t = {} while true do local f = function() end setfenv(f, {}) t[#t+1] = f end",
		"one large table":   "local t = {} for i = 1, 1e9 do t[i] = i end",
		"far elements":      "local t = {} for i = 1, 1e3 do t[i] = {} t[i][1000000] = 1 end",
	} {
		t.Run(name, func(t *testing.T) {
			dropped := 0
			st := newTestState(t, Options{Memory: limit, Timeout: 2 * time.Minute, Dropped: func(bytes int) { dropped = bytes }})
			began := time.Now()
			_, err := eval(st, text)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, "not enough memory") || !strings.Contains(e.Traceback, "traceback") {
				t.Fatalf("error %v", err)
			}
			if d := time.Since(began); d > time.Minute {
				t.Errorf("took %v", d)
			}
			if got, err := eval(st, "return 'alive'"); err != nil || got != "alive" {
				t.Errorf("afterwards %q, %v", got, err)
			}
			var m runtime.MemStats
			runtime.GC()
			if runtime.ReadMemStats(&m); m.HeapAlloc > 3*limit {
				t.Errorf("%d MB are held afterwards", m.HeapAlloc>>20)
			}
			if (dropped > limit/2) != (name == "kept tables") {
				t.Errorf("%d bytes dropped", dropped)
			}
		})
	}
}

// TestMemoryOfHonestScripts runs scripts that make much garbage within the limit.
func TestMemoryOfHonestScripts(t *testing.T) {
	st := newTestState(t, Options{Memory: 16 << 20})
	for _, text := range []string{
		"for i = 1, 2e5 do local t = {i, i .. '', {}} end",
		"local s for i = 1, 300 do s = ('x'):rep(1e6) .. i end",
		"local s, t = ('x'):rep(1e6), {} for i = 1, 1000 do t[i] = s end collectgarbage()",
		"for i = 1, 300 do coroutine.wrap(function() coroutine.yield() end)() end",
		"local ok, err = pcall(function() local s = 'x' while true do s = s .. s end end) assert(not ok and err:find('not enough memory'))",
	} {
		if _, err := eval(st, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestMemoryOfManyStates(t *testing.T) {
	e := NewEngine(Options{Memory: 16 << 20})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			st := e.NewState()
			defer st.Close()
			if i%4 == 0 {
				if _, err := eval(st, "local t = {} while true do t[#t+1] = {} end"); err == nil {
					t.Error("no error")
				}
				return
			}
			for range 20 {
				if _, err := eval(st, "local t = {} for i = 1, 20000 do t[i] = 'x' .. i end"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestBudget has scripts of several states share what there is: who wants more gets
// an error, and what a state lets go of others can have.
func TestBudget(t *testing.T) {
	all := budget.New("all", 96<<20)
	e := NewEngine(Options{Budget: all})
	one, two := e.NewState(), e.NewState()
	defer two.Close()
	fill := "t = {} for i = 1, 60 do t[i] = ('x'):rep(1e6) .. i end return #t"
	if got, err := eval(one, fill); err != nil || got != "60" {
		t.Fatalf("%q, %v", got, err)
	}
	if used := all.Used(); used < 60e6 {
		t.Errorf("%d bytes counted", used)
	}
	if _, err := eval(two, fill); err == nil || !strings.Contains(err.Error(), "not enough memory") {
		t.Errorf("beyond all: %v", err)
	}
	if got, err := eval(two, "return 'alive'"); err != nil || got != "alive" {
		t.Errorf("%q, %v", got, err)
	}
	one.Close()
	if got, err := eval(two, fill); err != nil || got != "60" {
		t.Errorf("after the other has gone: %q, %v", got, err)
	}
	two.Close()
	if used := all.Used(); used != 0 {
		t.Errorf("%d bytes are still counted", used)
	}
}
