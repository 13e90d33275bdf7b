package storage

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFoldersAreListedAsTheSystemDoes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.dcm", "A.dcm", "a2.dcm", "B2.dcm", "_.dcm"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for fold, want := range map[bool][]string{
		false: {"A.dcm", "B2.dcm", "_.dcm", "a2.dcm", "b.dcm"},
		true:  {"A.dcm", "a2.dcm", "b.dcm", "B2.dcm", "_.dcm"},
	} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		inOrder(entries, fold)
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("fold %v: %q", fold, got)
		}
	}
}
