package lua

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestHooks compares events with those of the reference interpreter.
func TestHooks(t *testing.T) {
	want, err := os.ReadFile("testdata/hooks.txt")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("testdata")
	st := newTestState(t, Options{})
	text, err := eval(st, "return dofile('hooks.lua')")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(text+"\n", "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(got) || got[i] != line {
			t.Errorf("line %d:\n got  %q\n want %q", i+1, got[min(i, len(got)-1)], line)
		}
	}
	if reference, err := exec.LookPath("lua5.1"); err == nil {
		again, err := exec.Command(reference, "-e", "io.write(dofile('hooks.lua'), '\\n')").Output()
		if err != nil || string(again) != string(want) {
			t.Errorf("hooks.txt is not what %s gives: %v", reference, err)
		}
	}
}
