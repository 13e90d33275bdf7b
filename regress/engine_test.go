package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// runScript runs a case that needs no server.
func runScript(t *testing.T, update bool, text string) (Result, string) {
	t.Helper()
	ports, err := newPortPool(defaultPorts)
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{root: t.TempDir(), ports: ports, timeout: 10 * time.Second, update: update}
	path := filepath.Join(t.TempDir(), "one.txtar")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	res := r.Run(context.Background(), path)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(after)
}

func TestScript(t *testing.T) {
	for _, c := range []struct {
		name, script string
		ok           bool
	}{
		{"passes", "show a.txt o\ncmp stdout a.want\n-- a.txt --\none\nsix\n-- a.want --\none\n", true},
		{"differs", "show a.txt\ncmp stdout a.want\n-- a.txt --\none\n-- a.want --\ntwo\n", false},
		{"must fail", "! show a.txt nothing\n-- a.txt --\none\n", true},
		{"must not succeed", "! show a.txt\n-- a.txt --\none\n", false},
		{"unknown command", "shwo a.txt\n", false},
		{"no server", "stored\n", false},
		{"missing argument", "waitreceived\n", false},
		{"waits in vain", "waitfile nothing 0.1\n", false},
		{"skips", "skip 'not here'\nshow nothing\n", true},
		{"repeats", "until six show a.txt\n-- a.txt --\nsix\n", true},
	} {
		if res, _ := runScript(t, false, c.script); res.OK != c.ok {
			t.Errorf("%s: ok %v\n%s", c.name, res.OK, res.Log)
		}
	}
}

func TestScriptNormalises(t *testing.T) {
	res, _ := runScript(t, false, "show a.txt\ncmp stdout a.want\n-- a.txt --\nuid 1.2.999.7.4.5\n-- a.want --\nuid <UID>\n")
	if !res.OK {
		t.Error(res.Log)
	}
}

func TestScriptUpdate(t *testing.T) {
	res, after := runScript(t, true, "show a.txt\ncmp stdout a.want\n-- a.txt --\none\n-- a.want --\ntwo\n")
	if !res.OK || !strings.HasSuffix(after, "-- a.want --\none\n") {
		t.Errorf("ok %v, file\n%s", res.OK, after)
	}
}

func TestScriptTimeLimit(t *testing.T) {
	ports, err := newPortPool(defaultPorts)
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{root: t.TempDir(), ports: ports, timeout: 300 * time.Millisecond}
	path := filepath.Join(t.TempDir(), "slow.txtar")
	if err := os.WriteFile(path, []byte("sleep 60\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if res := r.Run(context.Background(), path); res.OK || res.Elapsed > 5*time.Second {
		t.Errorf("ok %v after %v\n%s", res.OK, res.Elapsed, res.Log)
	}
}
