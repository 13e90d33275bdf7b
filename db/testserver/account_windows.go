package testserver

import (
	"os"
	"os/exec"
)

func as(_, dir string, argv []string) (*exec.Cmd, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	return cmd, nil
}

// give is not needed: the server runs as we do.
func give(string, string) error { return nil }

// interrupt has no gentle form here.
func interrupt(p *os.Process) { p.Kill() }
