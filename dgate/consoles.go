package main

import (
	"fmt"
	"os"
	"strings"

	"conquest/command"
	"conquest/console"
)

// defaultConsolePort is the UDP port of -!.
const defaultConsolePort = "1111"

// openConsole carries out the console options from left to right: each turns the
// channels it names to its target, and leaves the other as it is.
func (p *program) openConsole() {
	operator, debug := p.con.OperatorChannel(), p.con.DebugChannel()
	for _, c := range p.consoles {
		switch c.kind {
		case 'v', 'b':
			debug.Send(console.Stdout(p.binary))
			operator.Send(console.Stdout(p.binary))
			if c.kind == 'b' {
				p.con.SetDebugLevel(4)
			}
		case 'u':
			operator.Send(p.target(c.target))
			debug.Send(p.target(c.target))
		case '!':
			operator.Send(p.operatorConsole(c.target))
		case '^', '#':
			operator.Send(console.File(c.target))
			operator.Stamp(true)
			if c.kind == '#' {
				debug.Send(console.File(c.target))
				debug.Stamp(true)
			}
		case 'L', 'l':
			if c.kind == 'L' {
				debug.Send(console.File(c.target))
			}
			operator.Send(console.File(c.target))
		}
	}
}

// keepsLogs tells whether a console option asks for a log with times, which the
// server then cares for.
func (o *options) keepsLogs() bool {
	for _, c := range o.consoles {
		if c.kind == '^' || c.kind == '#' {
			return true
		}
	}
	return false
}

// operatorConsole is the target of -!: OperatorConsole, a pipe or the host of a
// UDP port.
func (p *program) operatorConsole(port string) console.Target {
	if host := p.live.Current().OperatorConsole; isPathname(host) {
		return console.Pipe(host)
	}
	if port == "" || port[0] < '0' || port[0] > '9' {
		port = defaultConsolePort
	}
	return p.dial("udp", port)
}

// target is a pipe, or a UDP port of OperatorConsole.
func (p *program) target(to string) console.Target {
	if isPathname(to) {
		return console.Pipe(to)
	}
	return p.dial("udp", to)
}

func isPathname(name string) bool { return strings.HasPrefix(name, string(os.PathSeparator)) }

// dial is a port of OperatorConsole, or nil when there is none such.
func (p *program) dial(network, port string) console.Target {
	t, err := command.DialConsole(network, p.live.Current(), port)
	if err != nil && network == "udp" {
		fmt.Fprintln(os.Stderr, err)
	}
	return t
}

// progressChannel is the channel of -x: a UDP port of OperatorConsole, or behind
// an exclamation mark a TCP port.
func (p *program) progressChannel() *console.Channel {
	network, port := "udp", p.progress
	if tcp, ok := strings.CutPrefix(port, "!"); ok {
		network, port = "tcp", tcp
	}
	c := &console.Channel{}
	c.SetName(p.live.Current().PACSName)
	c.Send(p.dial(network, port))
	return c
}
