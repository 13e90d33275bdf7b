//go:build !windows

package server_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestFileMode: with FileMode = 0640 nothing that the server makes can be read by
// others of the machine.
func TestFileMode(t *testing.T) {
	s := newSite(t, "FileMode = 0640")
	s.args = []string{"-^serverstatus.log"}
	s.start()
	s.store(image("MODE", "1.2.11", "1.2.11.1", "1.2.11.1.1", 1))
	s.stop()
	seen := map[string]bool{}
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		for _, kind := range []string{".dcm", ".db3", "serverstatus.log"} {
			if strings.Contains(e.Name(), kind) {
				seen[kind] = true
				if fi.Mode().Perm()&0o007 != 0 {
					t.Errorf("%s has mode %o", path, fi.Mode().Perm())
				}
			}
		}
		return nil
	})
	if err != nil || len(seen) != 3 {
		t.Errorf("saw %v, %v", seen, err)
	}
}
