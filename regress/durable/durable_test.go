package main

import (
	"os"
	"testing"

	"conquest/regress/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Clean()
	os.Exit(code)
}

// TestKilledServerKeepsItsPromises is the short form of the program.
func TestKilledServerKeepsItsPromises(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills servers")
	}
	dir := t.TempDir()
	binary, err := rig.Binary()
	if err != nil {
		t.Fatal(err)
	}
	r := &run{dir: dir, binary: binary, workers: 4, log: t.Logf}
	if err := r.rounds(5); err != nil {
		t.Fatal(err)
	}
}
