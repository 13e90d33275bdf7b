package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// drop puts a settled file into a folder.
func drop(t *testing.T, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, name)
	must(t, os.WriteFile(path, []byte(name), 0o644))
	past := time.Now().Add(-time.Minute)
	must(t, os.Chtimes(path, past, past))
}

func TestPanicCostsOneFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "bad", "c"} {
		drop(t, dir, name)
	}
	taken, rejected := 0, ""
	must(t, TakeOnce(context.Background(), Watched{
		Dir: dir,
		Add: func(_ context.Context, path string) error {
			if filepath.Base(path) == "bad" {
				panic("index out of range")
			}
			taken++
			return nil
		},
		Later:    func(error, int) bool { return true },
		Rejected: func(path string, _ error) { rejected = path },
		Failed:   func(err error) { t.Error(err) },
	}))
	if taken != 2 || rejected != filepath.Join(dir, RejectedFolder, "bad") {
		t.Errorf("%d taken in, rejected %q", taken, rejected)
	}
}

// TestFileThatEndsTheProcess is set aside when it did so each time: what is left
// behind is that of a process that never came back from Add.
func TestFileThatEndsTheProcess(t *testing.T) {
	dir := t.TempDir()
	drop(t, dir, "deadly")
	drop(t, dir, "good")
	var rejected error
	dead := false
	w := Watched{
		Dir: dir,
		Add: func(_ context.Context, path string) error {
			dead = filepath.Base(path) == "deadly"
			return nil
		},
		Rejected: func(_ string, reason error) { rejected = reason },
		Failed:   func(err error) { t.Error(err) },
	}
	for n := range maxDeaths {
		s := newScanner(w)
		note := s.intakeNote()
		w.Add(context.Background(), filepath.Join(dir, "deadly"))
		if !dead {
			t.Fatal("not tried")
		}
		deaths := s.fatal.deaths
		if deaths != n {
			t.Errorf("%d deaths, want %d", deaths, n)
		}
		must(t, os.WriteFile(note, []byte(string(rune('0'+deaths))+" "+filepath.Join(dir, "deadly")), 0o644))
	}
	must(t, TakeOnce(context.Background(), w))
	if !errors.Is(rejected, errFatal) || !Exists(filepath.Join(dir, RejectedFolder, "deadly")) {
		t.Errorf("rejected: %v", rejected)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestClaims has four processes on one folder.
func TestClaims(t *testing.T) {
	dir := t.TempDir()
	const files = 200
	for n := range files {
		drop(t, dir, string(rune('a'+n%26))+string(rune('a'+n/26)))
	}
	var taken atomic.Int32
	var nodes sync.WaitGroup
	for _, node := range []string{"A", "B", "C", "D"} {
		nodes.Go(func() {
			err := TakeOnce(context.Background(), Watched{
				Dir: dir, Node: node,
				Add:    func(context.Context, string) error { taken.Add(1); return nil },
				Failed: func(err error) { t.Error(err) },
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	if taken.Load() != files {
		t.Errorf("%d intakes of %d files", taken.Load(), files)
	}
	// What a process had claimed when it ended is taken in by its next start.
	must(t, os.MkdirAll(filepath.Join(dir, ".A", "sub"), 0o777))
	drop(t, dir, ".A/sub/claimed")
	for node, want := range map[string]int32{"B": files, "A": files + 1} {
		must(t, TakeOnce(context.Background(), Watched{
			Dir: dir, Node: node,
			Add:    func(context.Context, string) error { taken.Add(1); return nil },
			Failed: func(err error) { t.Error(err) },
		}))
		if node == "A" && taken.Load() != want {
			t.Errorf("%d intakes, want %d", taken.Load(), want)
		}
	}
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("left: %s", path)
		}
		return err
	}))
}
