package main

import (
	"strings"
	"testing"
)

// TestFailuresSpeak holds that commands that fail say why on
// standard error; output and exit status are those of the original.
func TestFailuresSpeak(t *testing.T) {
	s := newSite(t)
	s.start(nil)
	for _, c := range []struct {
		command, stderr, stdout string
		status                  int
	}{
		{"--lua:return 1+", `dgate: *** lua syntax error [string "return 1+"]`, "", 0},
		{"--nosuch:x", "", "", 0}, // scripts of sites look at it; whoever sits at a terminal is told
		{"--lua:return 5", "", "5", 255},
	} {
		stdout, stderr, status := s.run(c.command)
		if stdout != c.stdout || status != c.status || !strings.HasPrefix(stderr, c.stderr) || c.stderr == "" && stderr != "" {
			t.Errorf("%s: %q, %q, status %d", c.command, stdout, stderr, status)
		}
	}
}
