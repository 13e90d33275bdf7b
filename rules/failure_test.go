package rules

import (
	"context"
	"errors"
	"testing"

	"conquest/scripting"
)

// A converter that fails stores the object, unless the site says otherwise.
func TestScriptFailure(t *testing.T) {
	const bad = "ImportConverter0 = call nowhere.cq; nop"
	for _, c := range []struct {
		name  string
		lines []string
		out   Action
		by    string
	}{
		{"default", []string{bad}, Keep, ""},
		{"store", []string{bad, "ScriptFailure = store"}, Keep, ""},
		{"reject", []string{bad, "ScriptFailure = Reject"}, Reject, "ImportConverter0"},
		{"quarantine", []string{bad, "ScriptFailure = quarantine"}, Quarantine, "ImportConverter0"},
		{"of another converter", []string{bad, "ScriptFailure1 = reject"}, Keep, ""},
		{"of this converter", []string{bad, "ScriptFailure = reject", "ScriptFailure0 = quarantine"}, Quarantine, "ImportConverter0"},
		{"this one is as before", []string{bad, "ScriptFailure = reject", "ScriptFailure0 = store"}, Keep, ""},
		{"the second", []string{"ImportConverter0 = nop", "ImportConverter1 = call nowhere.cq", "ScriptFailure = reject"}, Reject, "ImportConverter1"},
		{"good", []string{"ImportConverter0 = set 0010,4000 to X", "ScriptFailure = reject"}, Keep, ""},
		{"destroyed", []string{"ImportConverter0 = call nowhere.cq; destroy2", "ScriptFailure = quarantine"}, Quarantine, "ImportConverter0"},
		{"a called script", []string{"ImportConverter0 = {call nowhere.cq}", "ScriptFailure = reject"}, Reject, "ImportConverter0"},
	} {
		engine := &Engine{Env: envOf(newFakeEnv(t.TempDir()))}
		out := engine.Import(context.Background(), iniConfig(t, c.lines...), testRequest(t))
		if out.Action != c.out || out.Converter != c.by || (out.Failure == "") != (c.by == "") {
			t.Errorf("%s: %v by %q: %q", c.name, out.Action, out.Converter, out.Failure)
		}
	}
}

// A forward that fails is no failure of the script.
func TestForwardIsNoScriptFailure(t *testing.T) {
	engine := &Engine{Env: envOf(&failingEnv{fakeEnv: newFakeEnv(t.TempDir())})}
	out := engine.Import(context.Background(), iniConfig(t, "ImportConverter0 = forward to X", "ScriptFailure = reject"), testRequest(t))
	if out.Action != Keep {
		t.Errorf("%v: %s", out.Action, out.Failure)
	}
}

// A delayed command that can not be kept is told, whatever the script makes of it.
func TestUnkeptCommand(t *testing.T) {
	engine := &Engine{Env: envOf(&failingEnv{fakeEnv: newFakeEnv(t.TempDir())})}
	out := engine.Import(context.Background(), iniConfig(t, "ImportConverter0 = forward study to X after 1; destroy"), testRequest(t))
	if !errors.Is(out.Unkept, errFull) {
		t.Errorf("unkept: %v", out.Unkept)
	}
}

var errFull = errors.New("disk is full")

type failingEnv struct{ *fakeEnv }

func (e *failingEnv) Forward(context.Context, *scripting.Forward) error {
	return &scripting.ForwardError{Failure: scripting.NotConnected, Err: errFull}
}

func (e *failingEnv) Queue(context.Context, *scripting.Delayed) (bool, error) { return false, errFull }
