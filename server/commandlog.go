package server

import (
	"context"
	"fmt"
	"net"
	"strings"

	"conquest/console"
	"conquest/dicomini"
)

func runLogOn(_ context.Context, c *commandCall) ([]byte, error) {
	t, err := c.s.logTarget(c.arg)
	if err != nil {
		return nil, err
	}
	c.s.con.SetTargets(t, nil)
	return nil, nil
}

func runDebugLogOn(_ context.Context, c *commandCall) ([]byte, error) {
	t, err := c.s.logTarget(c.arg)
	if err != nil {
		return nil, err
	}
	c.s.con.SetTargets(t, t)
	return nil, nil
}

// logTarget opens where log_on sends the console: a digit begins a UDP port of
// OperatorConsole, an existing pipe or device is written to as such, anything
// else is a file with times.
func (s *Server) logTarget(to string) (console.Target, error) {
	cfg := s.live.Current()
	switch {
	case to == "":
		return nil, fmt.Errorf("no target")
	case to[0] >= '0' && to[0] <= '9':
		return DialConsole("udp", cfg, to, s.pacsName)
	case console.IsPipe(to):
		return console.Pipe(to, s.pacsName), nil
	}
	return console.File(to, true), nil
}

func (s *Server) pacsName() string { return s.live.Current().PACSName }

// DialConsole opens a console on a port of the host OperatorConsole.
func DialConsole(network string, cfg *dicomini.Config, port string, name func() string) (console.Target, error) {
	host := cfg.OperatorConsole
	if host == "" || strings.HasPrefix(host, `\`) {
		host = "127.0.0.1"
	}
	return console.Dial(network, net.JoinHostPort(host, port), name)
}
