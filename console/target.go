package console

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// Writer is a target without prefix: standard output.
func Writer(w io.Writer) Target { return &writer{w: w} }

type writer struct {
	mu sync.Mutex
	w  io.Writer
}

func (t *writer) Write(m string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	io.WriteString(t.w, m)
}

func (t *writer) writeAll(messages []string) { t.Write(strings.Join(messages, "")) }

func (t *writer) Close() error { return nil }

// File is a target that appends to a file, opened for each message; stamped
// messages begin with the time.
func File(path string, stamped bool) Target { return &file{path: path, stamped: stamped} }

type file struct {
	mu      sync.Mutex
	path    string
	stamped bool
}

func (t *file) Write(m string) { t.writeAll([]string{m}) }

func (t *file) writeAll(messages []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	stamp := ""
	if t.stamped {
		stamp = Stamp(time.Now())
	}
	var b strings.Builder
	for _, m := range messages {
		b.WriteString(stamp)
		b.WriteString(m)
	}
	appendTo(t.path, b.String())
}

func (t *file) Close() error { return nil }

// Dial is a target on the network ("udp" or "tcp", host:port); each message has
// the server's name in brackets in front. A TCP connection that breaks is opened
// anew with the next message.
func Dial(network, address string, name func() string) (Target, error) {
	t := &connection{network: network, address: address, name: name}
	if network == "tcp" {
		return t, nil // a reader may come later
	}
	c, err := net.Dial(network, address)
	if err != nil {
		return nil, fmt.Errorf("open console %s: %w", address, err)
	}
	t.conn = c
	return t, nil
}

type connection struct {
	mu               sync.Mutex
	network, address string
	name             func() string
	conn             net.Conn
}

// dialTimeout bounds how long a message waits for a reader.
const dialTimeout = time.Second

func (t *connection) Write(m string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil {
		c, err := net.DialTimeout(t.network, t.address, dialTimeout)
		if err != nil {
			return
		}
		t.conn = c
	}
	t.conn.SetWriteDeadline(time.Now().Add(dialTimeout))
	if _, err := io.WriteString(t.conn, "["+t.name()+"] "+m); err != nil && t.network == "tcp" {
		t.conn.Close()
		t.conn = nil
	}
}

func (t *connection) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil {
		return nil
	}
	return t.conn.Close()
}

// Pipe is a target that writes to a named pipe or device file, opened for each
// message, with the server's name in front.
func Pipe(path string, name func() string) Target { return &pipe{path: path, name: name} }

// IsPipe tells whether a path is a pipe or another file that is not regular.
func IsPipe(path string) bool {
	if strings.HasPrefix(path, `\\.\pipe\`) {
		return true
	}
	fi, err := os.Stat(path)
	return err == nil && !fi.Mode().IsRegular() && !fi.IsDir()
}

type pipe struct {
	mu   sync.Mutex
	path string
	name func() string
}

func (t *pipe) Write(m string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fi, err := os.Stat(t.path)
	if err != nil || fi.Mode().IsRegular() {
		return
	}
	f, err := os.OpenFile(t.path, os.O_WRONLY|openNonBlock, 0)
	if err != nil {
		return
	}
	io.WriteString(f, "["+t.name()+"] "+m)
	f.Close()
}

func (t *pipe) Close() error { return nil }
