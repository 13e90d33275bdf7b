package main

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		arg, out, err string
		code          int
	}{
		{"help", "send a command to the running server", "", 0}, {"--help", "Options:", "", 0}, {"-help", "Options:", "", 0},
		{"version", "dgate 1.5.0e", "", 0}, {"--version", "build ", "", 0},
		{"stauts", "", `did you mean "status"?`, 2}, {"versoin", "", `did you mean "version"?`, 2},
		{"status", "", "no server answers", 1},
	} {
		cmd := s.command()
		cmd.Args = []string{cmd.Path, c.arg, "-w" + s.dir}
		var out, errs strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errs
		cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.err) {
			t.Errorf("%s: %d\n%.200s\n%.200s", c.arg, code, out.String(), errs.String())
		}
	}
	s.start(nil)
	cmd := s.command()
	cmd.Args = []string{cmd.Path, "status", "-w" + s.dir}
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "in order, version") {
		t.Errorf("%v %s", err, out)
	}
}
