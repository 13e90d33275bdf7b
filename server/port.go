package server

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"time"

	"conquest/access"
	"conquest/dicomini"
	"conquest/oplog"
)

// portPatience is how long the port may be held by connections of an earlier
// process that are running out: the original leaves such, a minute long.
const portPatience = 2 * time.Minute

// awaitPort listens on the port of the site. When nobody answers there, but it can not be had, it
// waits, and says so once. A port that another server listens on is an error at
// once, as is any other failure.
func (s *Server) awaitPort(ctx context.Context, cfg *dicomini.Config) ([]net.Listener, error) {
	port, said := cfg.Port(), false
	for end := time.Now().Add(portPatience); ; {
		l, err := access.Listen(cfg, port)
		if err == nil || !inUse(err) || answers(port) || time.Now().After(end) {
			return l, err
		}
		if !said {
			said = true
			oplog.WaitingForPort(s.Console, port)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// answers tells whether somebody listens on a port of this machine.
func answers(port int) bool {
	c, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// inUse tells whether an address could not be had because it is in use; Windows
// has a number of its own for that.
func inUse(err error) bool {
	const wsaeAddrInUse = syscall.Errno(10048)
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaeAddrInUse)
}
