package site

import (
	"os/exec"
	"syscall"
)

// setCommandLine gives cmd.exe the command as written: Go's quoting is not that
// of cmd.
func setCommandLine(cmd *exec.Cmd, command string) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: "cmd /c " + command}
}
