//go:build !windows

package main

import (
	"os"
	"syscall"
)

// hangupSignals are those that make the server read its configuration again.
func hangupSignals() []os.Signal { return []os.Signal{syscall.SIGHUP} }
