package main

import (
	"errors"
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

// TestFaults are the short forms of -fault.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills servers")
	}
	binary, err := rig.Binary()
	if err != nil {
		t.Fatal(err)
	}
	for name, rounds := range map[string]int{"sitefull": 3, "destination": 1} {
		t.Run(name, func(t *testing.T) {
			err := faults[name](&run{dir: t.TempDir(), binary: binary, log: t.Logf}, rounds)
			if errors.Is(err, errNoTmpfs) {
				t.Skip("NOT TESTED: ", err)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
