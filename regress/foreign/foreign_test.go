package main

import (
	"context"
	"os"
	"testing"

	"conquest/regress/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Clean()
	os.Exit(code)
}

// TestPydicomFiles takes the test files of the Debian package python3-pydicom through a
// server, the smaller ones.
func TestPydicomFiles(t *testing.T) {
	const files = "/usr/lib/python3/dist-packages/pydicom/data/test_files"
	for _, need := range []string{files, "/usr/lib/python3/dist-packages/gdcm.py", "/usr/bin/dcmdump"} {
		if _, err := os.Stat(need); err != nil {
			rig.Missing(t, need)
		}
	}
	trips, err := run(context.Background(), []string{files}, true)
	if err != nil {
		t.Fatal(err)
	}
	const fewest = 50 // stored and judged
	judged := 0
	for _, o := range trips {
		if o.judged["dcmtk reads it back"] != "" {
			judged++
		}
	}
	if faults(trips) > 0 || judged < fewest {
		t.Errorf("%d judged\n%s", judged, table(trips, false))
	}
}
