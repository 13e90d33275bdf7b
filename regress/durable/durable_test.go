package main

import "testing"

// TestKilledServerKeepsItsPromises is the short form of the program.
func TestKilledServerKeepsItsPromises(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills servers")
	}
	dir := t.TempDir()
	binary, err := build(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{dir: dir, binary: binary, workers: 4, log: t.Logf}
	if err := r.rounds(5); err != nil {
		t.Fatal(err)
	}
}
