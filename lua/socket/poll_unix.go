//go:build !windows

package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// readNow reads what is there, with [os.ErrDeadlineExceeded] when there is nothing.
func readNow(conn net.Conn, b []byte) (n int, err error) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return conn.Read(b)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Read(func(fd uintptr) bool {
		for {
			if n, err = syscall.Read(int(fd), b); err != syscall.EINTR {
				return true
			}
		}
	})
	switch {
	case failed != nil:
		return 0, failed
	case errors.Is(err, syscall.EAGAIN):
		return 0, os.ErrDeadlineExceeded
	case err != nil:
		return 0, err
	case n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return n, nil
}
