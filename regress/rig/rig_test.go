package rig_test

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"conquest/regress/rig"
)

func TestPortsBelongToOneTest(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		first, release, err := rig.Ports()
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		if seen[first] {
			t.Fatalf("port %d given out twice", first)
		}
		seen[first] = true
	}
}

func TestPortsInUseAreNotGivenOut(t *testing.T) {
	first, release, err := rig.Ports()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+9))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	release()
	for range 30 {
		next, release, err := rig.Ports()
		if err != nil {
			t.Fatal(err)
		}
		release()
		if next == first {
			t.Fatal("ports on which somebody listens were given out")
		}
	}
}

func TestProcess(t *testing.T) {
	dir := t.TempDir()
	p, err := rig.Start(dir, filepath.Join(dir, "log"), "go", "version")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Err(); err != nil || p.Running() {
		t.Errorf("ended with %v", err)
	}
	if err := p.Listens(t.Context(), "127.0.0.1:1"); err == nil {
		t.Error("a process that ended is said to listen")
	}
}
