//go:build !windows

package main

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestEnds tells in which ways a server ends, and with which status.
func TestEnds(t *testing.T) {
	tests := map[string]func(*running){
		"SIGTERM":  func(v *running) { v.Process.Signal(syscall.SIGTERM) },
		"SIGINT":   func(v *running) { v.Process.Signal(syscall.SIGINT) },
		"quit":     func(v *running) { v.client("--quit:", 1) },
		"safequit": func(v *running) { v.client("--safequit:", 1) },
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			v := newSite(t).start(nil)
			end(v)
			if status := v.ended(); status != 0 {
				t.Errorf("exit status %d, want 0", status)
			}
		})
	}
}

// client sends a command that answers nothing.
func (v *running) client(command string, want int) {
	v.site.t.Helper()
	out, _, status := v.site.run(command)
	if out != "" || status != want {
		v.site.t.Errorf("%s answers %q with status %d, want nothing and %d", command, out, status, want)
	}
}

// TestSafeQuitWaits ends a server that somebody is connected to.
func TestSafeQuitWaits(t *testing.T) {
	v := newSite(t).start(nil)
	c := v.associate()
	quit := v.site.command("--safequit:")
	if err := quit.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-v.done:
		t.Fatal("server ended although an association is open")
	case <-time.After(1500 * time.Millisecond):
	}
	c.Close()
	if status := v.ended(); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
	quit.Wait()
}

// associate opens an association of Verification.
func (v *running) associate() net.Conn {
	v.site.t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+v.site.port)
	if err != nil {
		v.site.t.Fatal(err)
	}
	item := func(kind byte, body string) string {
		return string([]byte{kind, 0, byte(len(body) >> 8), byte(len(body))}) + body
	}
	context := item(0x20, "\x01\x00\x00\x00"+item(0x30, "1.2.840.10008.1.1")+item(0x40, "1.2.840.10008.1.2"))
	body := "\x00\x01\x00\x00" + pad16("TESTED") + pad16("TESTER") + strings.Repeat("\x00", 32) +
		item(0x10, "1.2.840.10008.3.1.1.1") + context + item(0x50, item(0x51, "\x00\x00\x40\x00"))
	if _, err := io.WriteString(c, "\x01\x00\x00\x00"+string([]byte{byte(len(body) >> 8), byte(len(body))})+body); err != nil {
		v.site.t.Fatal(err)
	}
	answer := make([]byte, 6)
	if _, err := io.ReadFull(c, answer); err != nil || answer[0] != 2 {
		v.site.t.Fatalf("association not accepted: % x, %v", answer, err)
	}
	return c
}

func pad16(ae string) string { return (ae + strings.Repeat(" ", 16))[:16] }

// TestTermFinishes ends associations that nobody speaks on, then the server.
func TestTermFinishes(t *testing.T) {
	v := newSite(t).start(nil)
	c := v.associate()
	defer c.Close()
	v.Process.Signal(syscall.SIGTERM)
	c.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("idle association is not ended: %v", err)
	}
	if status := v.ended(); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
}

// TestHangup reads the changed configuration.
func TestHangup(t *testing.T) {
	s := newSite(t)
	v := s.start(nil)
	ini, err := os.ReadFile(filepath.Join(s.dir, "dicom.ini"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("dicom.ini", strings.Replace(string(ini), "MyACRNema = TESTED", "MyACRNema = RENAMED", 1))
	v.Process.Signal(syscall.SIGHUP)
	for end := time.Now().Add(patience); ; {
		out, _, _ := s.run("--display_status:")
		if strings.Contains(out, "DICOM server 'RENAMED'") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("status after SIGHUP: %s", out)
		}
	}
}

// TestTakenPort starts a second server on the same port.
func TestTakenPort(t *testing.T) {
	s := newSite(t)
	s.start(nil)
	out, stderr, status := s.run("-v")
	if status != 1 || !strings.Contains(out, "***Failed to Listen () - bind error\n") || !strings.Contains(stderr, s.port) {
		t.Errorf("status %d, output %q, errors %q", status, out, stderr)
	}
}

// TestNotify tells the service manager that the server is ready, alive, and
// stopping.
func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	state := func() string {
		t.Helper()
		l.SetReadDeadline(time.Now().Add(patience))
		buf := make([]byte, 512)
		n, err := l.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
	s := newSite(t)
	v := s.start([]string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=200000"})
	if got := state(); got != "READY=1" {
		t.Fatalf("first state %q, want READY=1", got)
	}
	for range 3 {
		if got := state(); got != "WATCHDOG=1" {
			t.Fatalf("state %q, want WATCHDOG=1", got)
		}
	}
	c := v.associate()
	defer c.Close()
	v.Process.Signal(syscall.SIGTERM)
	for got := state(); got != "STOPPING=1"; got = state() {
		if got != "WATCHDOG=1" {
			t.Fatalf("state %q, want STOPPING=1", got)
		}
	}
	c.Close()
	if status := v.ended(); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// ended waits for the end of the server and is its exit status.
func (v *running) ended() int {
	v.site.t.Helper()
	select {
	case <-v.done:
		return v.ProcessState.ExitCode()
	case <-time.After(patience):
		v.site.t.Fatalf("server does not end, it said:\n%s", v.out)
	}
	return -1
}
