package command

import (
	"context"
	"errors"
	"net"
	"strings"

	"conquest/console"
	"conquest/dicomini"
)

func runLogOn(_ context.Context, c *call) ([]byte, error) {
	return nil, c.s.sendConsole(c.arg, false)
}

func runDebugLogOn(_ context.Context, c *call) ([]byte, error) {
	return nil, c.s.sendConsole(c.arg, true)
}

// sendConsole sends the console somewhere else, with its debug messages or
// without: a digit begins a UDP port of OperatorConsole, an existing pipe or
// device is written to as such, anything else is a file with times, and makes
// the server care for its logs.
func (s *Commands) sendConsole(to string, debug bool) error {
	operator, err := s.consoleTarget(to)
	if err != nil {
		return err
	}
	var more console.Target
	if debug {
		if more, err = s.consoleTarget(to); err != nil {
			return err
		}
	}
	toFile := !isPort(to) && !console.IsPipe(to)
	s.Console.OperatorChannel().Stamp(toFile)
	s.Console.OperatorChannel().Send(operator)
	if debug {
		s.Console.DebugChannel().Stamp(toFile)
	}
	s.Console.DebugChannel().Send(more)
	s.SwitchLogs(toFile)
	return nil
}

func (s *Commands) consoleTarget(to string) (console.Target, error) {
	switch {
	case to == "":
		return nil, errors.New("no target")
	case isPort(to):
		return DialConsole("udp", s.Live.Current(), to)
	case console.IsPipe(to):
		return console.Pipe(to), nil
	}
	return console.File(to), nil
}

func isPort(to string) bool { return to != "" && to[0] >= '0' && to[0] <= '9' }

// consoleError is why a console on the network can not be reached, in the words
// of the original.
type consoleError string

func (e consoleError) Error() string { return string(e) }

const (
	errConsolePort consoleError = "Could not resolve port"
	errConsoleHost consoleError = "Could not resolve host"
)

// DialConsole opens a console on a port of the host OperatorConsole.
func DialConsole(network string, cfg *dicomini.Config, port string) (console.Target, error) {
	host := cfg.OperatorConsole
	if host == "" || strings.HasPrefix(host, `\`) {
		host = "127.0.0.1"
	}
	if _, err := net.LookupHost(host); err != nil {
		return nil, errConsoleHost
	}
	if _, err := net.LookupPort(network, port); err != nil || port == "" {
		return nil, errConsolePort
	}
	return console.Dial(network, net.JoinHostPort(host, port))
}
