//go:build !windows

package migrate

import (
	"os/exec"
	"syscall"
)

// detached is a program that does not end with the terminal.
func detached(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}
