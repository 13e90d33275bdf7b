package migrate

import (
	"os/exec"
	"syscall"
)

// detached is a program that does not end with the console.
func detached(path string, args ...string) *exec.Cmd {
	const detachedProcess = 0x00000008
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess}
	return cmd
}
