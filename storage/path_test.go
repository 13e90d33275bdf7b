package storage_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"conquest/storage"
)

func TestSameContent(t *testing.T) {
	dir := t.TempDir()
	long := bytes.Repeat([]byte("0123456789"), 20000)
	other := bytes.Clone(long)
	other[150000] = 'x'
	tests := []struct {
		name string
		a, b []byte
		same bool
	}{
		{"equal", long, long, true},
		{"both empty", nil, nil, true},
		{"a byte behind the first block", long, other, false},
		{"shorter", long, long[:len(long)-1], false},
		{"one empty", long, nil, false},
	}
	for _, tt := range tests {
		a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
		for path, content := range map[string][]byte{a: tt.a, b: tt.b} {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := storage.SameContent(a, b); (err == nil) != tt.same {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if storage.SameContent(filepath.Join(dir, "a"), filepath.Join(dir, "none")) == nil {
		t.Error("a missing file is the same as another")
	}
}

func TestEscapeGlob(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs [1]")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.log"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(storage.EscapeGlob(dir), "*.log"))
	if err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
}
