package main

import (
	"net"
	"syscall"
)

// An eagerConn acknowledges what it receives at once, so that a server that
// waits for acknowledgements (Nagle) is not held up by this client.
type eagerConn struct {
	*net.TCPConn
	raw syscall.RawConn
}

func eager(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	return &eagerConn{tcp, raw}
}

func (c *eagerConn) Read(b []byte) (int, error) {
	// The kernel forgets the setting from time to time.
	_ = c.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	return c.TCPConn.Read(b)
}
