package console

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// Stdout is the standard output; binary keeps the line ends of the system away.
func Stdout(binary bool) Target {
	if binary {
		return Writer(os.Stdout)
	}
	return stdout{}
}

type stdout struct{}

func (stdout) Write(m string) { io.WriteString(os.Stdout, fileText(m)) }
func (stdout) Close() error   { return nil }

// Writer is a target that writes messages as they are.
func Writer(w io.Writer) Target { return writer{w} }

type writer struct{ w io.Writer }

func (t writer) Write(m string) { io.WriteString(t.w, m) }
func (t writer) Close() error   { return nil }

// File is a target that appends to a file, opened for each message.
func File(path string) Target { return file(path) }

type file string

func (t file) Write(m string) { appendTo(string(t), m) }
func (t file) Close() error   { return nil }

// Dial is a target on the network ("udp" or "tcp", host:port). A TCP connection
// that breaks is opened anew with the next message.
func Dial(network, address string) (Target, error) {
	t := &connection{network: network, address: address}
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
	network, address string
	conn             net.Conn
}

// dialTimeout bounds how long a message waits for a reader.
const dialTimeout = time.Second

func (t *connection) Write(m string) {
	if t.conn == nil {
		c, err := net.DialTimeout(t.network, t.address, dialTimeout)
		if err != nil {
			return
		}
		t.conn = c
	}
	t.conn.SetWriteDeadline(time.Now().Add(dialTimeout))
	if _, err := io.WriteString(t.conn, m); err != nil && t.network == "tcp" {
		t.conn.Close()
		t.conn = nil
	}
}

func (t *connection) readsMessages() {}

func (t *connection) Close() error {
	if t.conn == nil {
		return nil
	}
	return t.conn.Close()
}

// Pipe is a target that writes to a named pipe or device file, opened for each
// message.
func Pipe(path string) Target { return &pipe{path} }

// IsPipe tells whether a path is a pipe or another file that is not regular.
func IsPipe(path string) bool {
	if strings.HasPrefix(path, `\\.\pipe\`) {
		return true
	}
	fi, err := os.Stat(path)
	return err == nil && !fi.Mode().IsRegular() && !fi.IsDir()
}

type pipe struct{ path string }

func (t *pipe) Write(m string) {
	fi, err := os.Stat(t.path)
	if err != nil || fi.Mode().IsRegular() {
		return
	}
	f, err := os.OpenFile(t.path, os.O_WRONLY|openNonBlock, 0)
	if err != nil {
		return
	}
	io.WriteString(f, m)
	f.Close()
}

func (t *pipe) readsMessages() {}
func (t *pipe) Close() error   { return nil }
