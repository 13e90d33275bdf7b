package site

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"

	"conquest/console"
)

// RunShell runs a command by the platform's shell and waits for it. Its output
// goes where the server's goes. In a rehearsal it is told only.
func (s *Site) RunShell(ctx context.Context, command string) error {
	s.Did(DidProgram, "", "", command)
	if s.rehearsal != "" {
		return nil
	}
	return runShell(ctx, s.Console, command)
}

func runShell(ctx context.Context, con *console.Console, command string) error {
	shell, flag := "/bin/sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/c"
	}
	cmd := exec.CommandContext(ctx, shell, flag, command)
	setCommandLine(cmd, command)
	out := con.Output()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %q: %w", command, err)
	}
	return nil
}
