package scratch

import (
	"strings"
	"testing"
)

func TestLinesComeBeforeAllOthers(t *testing.T) {
	got, err := withLines("# x\r\n[other]\nTCPPort = 1\n[SSCSCP]\r\nTCPPort = 2\n", "sscscp", []string{"TCPPort = 3", "Rehearsal = here"})
	if err != nil || !strings.HasSuffix(got, "[SSCSCP]\r\nTCPPort = 3\nRehearsal = here\nTCPPort = 2\n") {
		t.Errorf("%v: %q", err, got)
	}
	if _, err := withLines("[other]\n", "sscscp", nil); err == nil {
		t.Error("a configuration without its section")
	}
}

func TestQueuesAndProgramsAreNotCopied(t *testing.T) {
	for name, want := range map[string]bool{
		"ExportFailures5678_0": false, "ExportQueue5678_0": false, "dgate.exe": false, "dicom.ini": false, "PacsTrouble.log": false,
		"rule.cq": true, "doses.csv": true, "acrnema.map": true, "dgate.dic": true,
	} {
		if got := wanted(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
