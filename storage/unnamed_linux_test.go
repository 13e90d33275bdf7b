package storage

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestUnnamed looks at all ways in which a file without a name gets one.
func TestUnnamed(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	dir := t.TempDir()
	work := filepath.Join(dir, workFolder)
	path := filepath.Join(dir, "object")
	must(t, os.Mkdir(work, 0o777))
	for _, way := range []struct {
		text string
		move func(u *unnamed) error
	}{
		{"new", func(u *unnamed) error { return u.rename(path) }},
		{"replacing", func(u *unnamed) error { return u.rename(path) }},
		{"copied", func(u *unnamed) error { return u.copyTo(path) }},
	} {
		f, err := newTemporary(work)
		if err != nil {
			t.Fatal(err)
		}
		u, ok := f.(*unnamed)
		if !ok {
			t.Skip("the file system knows no files without names")
		}
		if _, err := io.WriteString(u, way.text); err != nil {
			t.Fatal(err)
		}
		if err := way.move(u); err != nil {
			t.Fatalf("%s: %v", way.text, err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != way.text {
			t.Errorf("%s: file has %q, %v", way.text, got, err)
		}
		if fi, err := os.Stat(path); err != nil || fi.Mode() != 0o640 {
			t.Errorf("%s: mode %v, %v", way.text, fi.Mode(), err)
		}
	}
	if left, _ := os.ReadDir(work); len(left) > 0 {
		t.Errorf("work folder has %v", left)
	}
}

// TestUnnamedRemoved holds that a file that is given up leaves nothing.
func TestUnnamedRemoved(t *testing.T) {
	dir := t.TempDir()
	f, err := newTemporary(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.rename(filepath.Join(dir, "missing", "object")); err == nil {
		t.Error("a file got its name in a missing folder")
	}
	f.remove()
	f.remove()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
