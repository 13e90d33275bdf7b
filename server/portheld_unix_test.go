//go:build unix

package server_test

import (
	"syscall"
	"testing"
)

// bound holds a port without listening on it, as connections do that run out.
func bound(t *testing.T, port int) (release func()) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Port: port})
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { syscall.Close(fd) }
}
