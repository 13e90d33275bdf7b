package dicom

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDump(t *testing.T) {
	files, err := filepath.Glob("testdata/dump/*.dcm")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, name := range files {
		want, err := os.ReadFile(strings.TrimSuffix(name, ".dcm") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, opt := range []ParseOptions{{}, {BulkThreshold: 20}} {
			f, err := ReadFile(name, opt)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := Dump(&got, f.Dataset); err != nil {
				t.Error(err)
			}
			f.Close()
			compareLines(t, name, got.String(), string(want))
		}
	}
}

func compareLines(t *testing.T, name, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("%s line %d:\n got %q\nwant %q", name, i+1, a, b)
		}
	}
}
