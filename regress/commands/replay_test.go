//go:build linux

package commands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An observation is what came of a record this time.
type observation struct {
	stdout, stderr string
	exit           any
	log, effect    string
}

// limit is how long a command may take that the record sets no limit for.
const limit = 25 * time.Second

// A client is a program that has ended, or was ended after its time.
type client struct {
	stdout, stderr []byte
	exit           any
}

func (s *site) run(argv []string, limit time.Duration) client {
	ctx, stop := context.WithTimeout(context.Background(), limit)
	defer stop()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = s.dir
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	c := client{stdout: stdout.Bytes(), stderr: stderr.Bytes(), exit: float64(0)}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		c.exit = "timeout"
	case errors.As(err, &exit):
		c.exit = float64(exitOf(cmd))
	case err != nil:
		c.exit = err.Error()
	}
	return c
}

// prepare carries out the steps before a record. What a command printed
// replaces its name in the record.
func (s *site) prepare(t *testing.T, r *record) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, b := range r.Before {
		switch {
		case b.Write != "":
			writeFile(t, s.fill(b.Write), []byte(s.fill(b.Text)))
		case b.Copy != "":
			copyFile(t, s.fill(b.Copy), s.fill(b.To))
		case b.Remove != "":
			os.Remove(filepath.Join(s.dir, strings.TrimPrefix(s.fill(b.Remove), s.dir)))
		case b.Shell != "":
			s.run([]string{"sh", "-c", s.fill(b.Shell)}, limit)
		case b.Run != nil:
			var argv []string
			for _, a := range b.Run {
				argv = append(argv, s.fill(a))
			}
			names[b.Into] = strings.TrimSpace(string(s.run(argv, limit).stdout))
		}
	}
	return names
}

// replay runs a record and looks at what came of it, again and again until it
// is as recorded or patience is at an end: logs and files come a little later.
func (s *site) replay(t *testing.T, r *record, like likeness, patience time.Duration) observation {
	t.Helper()
	if r.Server && !s.running() {
		s.start(t)
	} else if !r.Server {
		s.stop()
	}
	names := s.prepare(t, r)
	before := s.look(t)
	if r.Signal == "" {
		s.logSeen = len(s.log())
	}
	var o observation
	switch {
	case r.Signal != "":
		s.logSeen = 0
		s.server.Process.Signal(signals[r.Signal])
		o.exit = nil
	case len(r.Argv) > 0:
		var argv []string
		for _, a := range r.Argv {
			a = s.fill(a)
			for name, value := range names {
				a = strings.ReplaceAll(a, "<"+name+">", value)
			}
			argv = append(argv, a)
		}
		most := limit
		if r.Timeout > 0 {
			most = time.Duration(r.Timeout * float64(time.Second))
		}
		if text, ok := r.Exit.(string); ok && strings.HasPrefix(text, "timeout") {
			most = 2 * time.Second
		}
		c := s.run(argv, most)
		o.stdout, o.stderr, o.exit = s.text(c.stdout, r), s.text(c.stderr, r), c.exit
	}
	least := time.Now()
	if *recordFlag != "" || r.Wait > 0 || r.Signal != "" {
		least = least.Add(time.Duration((max(r.Wait, 0.2)) * float64(time.Second)))
	}
	for end := time.Now().Add(max(patience, time.Until(least)+patience/2)); ; time.Sleep(20 * time.Millisecond) {
		s.observe(t, r, before, &o)
		if now := time.Now(); now.After(least) && (len(differences(r, o, like)) == 0 || *recordFlag != "") || now.After(end) {
			return o
		}
	}
}

// observe looks at log and folder.
func (s *site) observe(t *testing.T, r *record, before state, o *observation) {
	items := changes(before, s.look(t))
	ended := s.server != nil && !s.running()
	switch {
	case r.Signal != "" && ended:
		items = []string{fmt.Sprintf("server process ended with status %d", exitOf(s.server))}
		o.exit = float64(exitOf(s.server))
	case r.Signal != "":
		items = []string{"server process keeps running"}
	case ended:
		items = append(items, fmt.Sprintf("SERVER PROCESS ENDED with status %d", exitOf(s.server)))
	}
	for i := range items {
		items[i] = s.unfill(items[i])
	}
	if r.After != "" {
		items = append(items, s.unfill(s.expand(t, r.After)))
	}
	o.effect = strings.Join(items, "; ")
	o.log = s.text([]byte(s.log()[s.logSeen:]), r)
}

func (s *site) log() string {
	text, _ := os.ReadFile(s.logFile())
	return string(text)
}

// text is an output as records have it.
func (s *site) text(b []byte, r *record) string {
	if isBinary(b) {
		return s.binary(b, 400)
	}
	return s.unfill(string(b))
}

// isBinary tells whether an output is not text.
func isBinary(b []byte) bool {
	return bytes.ContainsFunc(b, func(c rune) bool { return c < ' ' && !strings.ContainsRune("\t\n\r\f\x1b", c) })
}

// binary describes an output that is not text.
func (s *site) binary(b []byte, head int) string {
	return fmt.Sprintf("<binary %d bytes, head: %s>", len(b), escape(b[:min(head, len(b))]))
}

// escape writes bytes as the records do: printable ones as they are.
func escape(b []byte) string {
	var t strings.Builder
	for _, c := range b {
		switch {
		case c == '\n':
			t.WriteString(`\n`)
		case c == '\r':
			t.WriteString(`\r`)
		case c == '\t':
			t.WriteString(`\t`)
		case c == '\\':
			t.WriteString(`\\`)
		case c >= 0x7f || c < ' ':
			fmt.Fprintf(&t, `\x%02x`, c)
		default:
			t.WriteByte(c)
		}
	}
	return t.String()
}
