package socket

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"conquest/lua"
	"conquest/lua/lfs"
)

func newTestState(t testing.TB, opt lua.Options) *lua.State {
	t.Helper()
	if opt.Stdout == nil {
		opt.Stdout = io.Discard
	}
	opt.Modules = Modules()
	opt.Modules["lfs"] = lfs.Open
	st := lua.NewEngine(opt).NewState()
	t.Cleanup(st.Close)
	return st
}

// eval runs a chunk and gives its result as text.
func eval(st *lua.State, text string) (string, error) {
	v, err := st.Run(context.Background(), lua.Chunk{Text: text})
	got, _ := lua.ToText(v)
	return got, err
}

// evalOK runs a chunk in a state of its own.
func evalOK(t *testing.T, text string) string {
	t.Helper()
	got, err := eval(newTestState(t, lua.Options{}), text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestTimeout holds that waiting for a peer ends with the chunk.
func TestTimeout(t *testing.T) {
	st := newTestState(t, lua.Options{Timeout: 50 * time.Millisecond})
	for _, text := range []string{
		"local s = require('socket').bind('127.0.0.1', 0) s:accept()", "require('socket').udp():receive()", "require('socket').sleep(1e6)",
	} {
		if _, err := eval(st, text); err == nil || !strings.Contains(err.Error(), "script ended after 50ms") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if got, err := eval(st, "return 'alive'"); err != nil || got != "alive" {
		t.Errorf("%q, %v", got, err)
	}
}
