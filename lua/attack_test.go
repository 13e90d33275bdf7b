package lua

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestScriptsDoNotEndTheProcess runs what could take the stack of the process, or end
// it.
func TestScriptsDoNotEndTheProcess(t *testing.T) {
	for name, text := range map[string]string{
		"calls":                 "local function f() return 1 + f() end f()",
		"calls in coroutines":   "local function f() return coroutine.wrap(f)() end f()",
		"resumed in coroutines": "local function f() return assert(coroutine.resume(coroutine.create(f))) end f()",
		"index":                 "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 'x'] end return t.x",
		"sort":                  "local function f() table.sort({1, 2, 3}, f) end f()",
		"concat":                "local m = {} m.__concat = function(a, b) return a .. b end return setmetatable({}, m) .. 'x'",
		"tostring":              "local m = {} m.__tostring = function(t) return tostring(t) .. 'x' end return tostring(setmetatable({}, m))",
		"gsub":                  "local function f(s) return (s:gsub('.', f)) end return f('x')",
		"pcall":                 "local function f() local ok, err = pcall(f) error(err) end f()",
		"xpcall":                "local function f() error(select(2, xpcall(f, f))) end f()",
		"pattern":               "return (('x'):rep(1e6)):find(('x?'):rep(1e5) .. ('x'):rep(1e5) .. 'y')",
		"captures":              "return (('x'):rep(1e6)):find(('('):rep(1e5))",
		"nested pattern":        "return ('x'):rep(300000):match('^' .. ('(x-'):rep(30) .. (')'):rep(30) .. 'y')",
		"sum":                   "return loadstring('return 1' .. (' + x'):rep(1e6))()",
		"powers":                "return loadstring('return 1' .. ('^1'):rep(1e6))()",
		"strings":               "return loadstring('return 1' .. ('..x'):rep(1e6))()",
		"calls of results":      "return loadstring('return f' .. ('()'):rep(1e6))()",
		"fields":                "return loadstring('return f' .. ('.x'):rep(1e6))()",
		"blocks":                "return loadstring(('do '):rep(1e5))()",
		"functions":             "return loadstring(('return function() '):rep(1e5))()",
		"else":                  "return loadstring('if x then ' .. ('elseif y then '):rep(1e5) .. ' end')() or error()",
		"not":                   "return loadstring('return ' .. ('not '):rep(1e6) .. 'x')()",
		"locals":                "return loadstring(('local x = 1 '):rep(300))()",
		"exit":                  "os.exit(1)",
		"stack":                 "return select('#', unpack({}, 1, 1e6))",
		"error handler":         "xpcall(error, function() error('x') end) error(setmetatable({}, {__tostring = error}))",
		"format":                "return ('%99999999d'):format(1)",
		"close all":             "for _, f in ipairs{io.stdin, io.stdout, io.stderr} do f:close() end error()",
		"error in chunk name":   "error(loadstring('=', ('x'):rep(1e6)))",
		"hook":                  "debug.sethook(function() debug.sethook() error('hook') end, 'l')\nlocal x\nlocal y",
		"yield in hook":         "coroutine.wrap(function() debug.sethook(coroutine.yield, '', 1) for i = 1, 100 do end end)() error()",
	} {
		t.Run(name, func(t *testing.T) {
			st := newTestState(t, Options{Timeout: 2 * time.Second})
			began := time.Now()
			_, err := eval(st, text)
			var e *Error
			if !errors.As(err, &e) || strings.Contains(e.Message, "runtime error") {
				t.Errorf("error %.300v", err)
			}
			if d := time.Since(began); d > 2*time.Minute {
				t.Errorf("took %v", d)
			}
			t.Logf("%v %.160v", time.Since(began).Round(time.Millisecond), err)
			if got, err := eval(st, "return 'alive'"); err != nil || got != "alive" {
				t.Errorf("afterwards %q, %v", got, err)
			}
		})
	}
}
