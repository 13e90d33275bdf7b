package lua

import (
	"os/exec"
	"syscall"
	"time"
)

// exitStatus is the exit code.
func exitStatus(e *exec.ExitError) int { return e.ExitCode() }

// processTime is the processor time used.
func processTime() time.Duration {
	var created, exited, kernel, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err != nil || syscall.GetProcessTimes(self, &created, &exited, &kernel, &user) != nil {
		return 0
	}
	ticks := func(f syscall.Filetime) int64 { return int64(f.HighDateTime)<<32 | int64(f.LowDateTime) }
	return time.Duration((ticks(kernel) + ticks(user)) * 100)
}

// endWhole makes the end of the context end the command.
func endWhole(*exec.Cmd) {}
