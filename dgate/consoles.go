package main

import (
	"fmt"
	"os"
	"strings"

	"conquest/console"
	"conquest/server"
)

// defaultConsolePort is the UDP port of -!.
const defaultConsolePort = "1111"

// openConsole opens what the last console option names.
func (p *program) openConsole() {
	for _, c := range p.consoles {
		operator, debug, err := p.target(c)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		p.con.SetTargets(operator, debug)
		if c.kind == 'b' || c.kind == 'B' {
			p.con.SetDebugLevel(4)
		}
	}
}

// target is what a console option opens: for the operator's messages, and for
// debug messages, nil for none.
func (p *program) target(c consoleOption) (operator, debug console.Target, err error) {
	cfg := p.live.Current()
	name := func() string { return p.live.Current().PACSName }
	switch c.kind {
	case 'v', 'V', 'b', 'B':
		t := console.Writer(os.Stdout)
		return t, t, nil
	case 'u', 'U':
		if strings.HasPrefix(c.target, string(os.PathSeparator)) {
			t := console.Pipe(c.target, name)
			return t, t, nil
		}
		t, err := server.DialConsole("udp", cfg, c.target, name)
		return t, t, err
	case '!':
		if strings.HasPrefix(cfg.OperatorConsole, string(os.PathSeparator)) {
			return console.Pipe(cfg.OperatorConsole, name), nil, nil
		}
		port := c.target
		if port == "" {
			port = defaultConsolePort
		}
		t, err := server.DialConsole("udp", cfg, port, name)
		return t, nil, err
	case '^':
		return console.File(c.target, true), nil, nil
	case '#':
		t := console.File(c.target, true)
		return t, t, nil
	case 'L':
		t := console.File(c.target, false)
		return t, t, nil
	}
	return console.File(c.target, false), nil, nil
}

// progressTarget is the channel of -x: a UDP port of OperatorConsole, or behind
// an exclamation mark a TCP port.
func (p *program) progressTarget() console.Target {
	network, port := "udp", p.progress
	if tcp, ok := strings.CutPrefix(port, "!"); ok {
		network, port = "tcp", tcp
	}
	t, err := server.DialConsole(network, p.live.Current(), port, func() string { return p.live.Current().PACSName })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return nil
	}
	return t
}
