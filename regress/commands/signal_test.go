//go:build linux

package commands

import (
	"os"
	"syscall"
)

// signalled returns the signal that ended a process.
func signalled(p *os.ProcessState) (int, bool) {
	ws, ok := p.Sys().(syscall.WaitStatus)
	if !ok || !ws.Signaled() {
		return 0, false
	}
	return int(ws.Signal()), true
}

var signals = map[string]os.Signal{"INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "PIPE": syscall.SIGPIPE, "USR1": syscall.SIGUSR1, "TERM": syscall.SIGTERM}
