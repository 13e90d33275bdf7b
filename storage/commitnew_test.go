package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"conquest/dicom"
)

// kinds are the ways in which temporary files are made.
var kinds = map[string]func(string) (temporary, error){"the system's": newTemporary, "named": newNamed}

func TestCommitNewNeverTakesAName(t *testing.T) {
	for kind, fresh := range kinds {
		dir := t.TempDir() + string(filepath.Separator)
		w := Writer{fresh: fresh}
		var wins, losses atomic.Int32
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				s, err := w.Stage(dir, "x/same.dcm", small(fmt.Sprint("1.", n)))
				if err != nil {
					t.Error(err)
					return
				}
				switch err := s.CommitNew(); {
				case err == nil:
					wins.Add(1)
				case errors.Is(err, fs.ErrExist):
					losses.Add(1)
					s.Rename(fmt.Sprintf("x/other_%d.dcm", n))
					if err := s.CommitNew(); err != nil {
						t.Error(err)
					}
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 || losses.Load() != 7 {
			t.Errorf("%s: %d took the name, %d were refused", kind, wins.Load(), losses.Load())
		}
		if list, _ := os.ReadDir(dir + "x"); len(list) != 8 {
			t.Errorf("%s: %d files", kind, len(list))
		}
		if left, _ := os.ReadDir(dir + workFolder); len(left) > 0 {
			t.Errorf("%s: work folder has %v", kind, left)
		}
	}
}

// faulty fails at one of its operations.
type faulty struct {
	temporary
	fail *int // operations left until one fails; -1 never again
	log  *[]string
}

var errInjected = errors.New("input/output error")

func (f faulty) do(what string, work func() error) error {
	*f.log = append(*f.log, what)
	if *f.fail--; *f.fail == -1 {
		return errInjected
	}
	return work()
}

func (f faulty) Write(p []byte) (n int, err error) {
	err = f.do("write", func() error { n, err = f.temporary.Write(p); return err })
	return n, err
}
func (f faulty) Sync() error   { return f.do("sync", f.temporary.Sync) }
func (f faulty) filled() error { return f.do("close", f.temporary.filled) }
func (f faulty) rename(path string) error {
	return f.do("rename", func() error { return f.temporary.rename(path) })
}
func (f faulty) name(path string) error {
	return f.do("name", func() error { return f.temporary.name(path) })
}

// TestEachFaultIsToldAndLeavesNothing fails at every operation in turn: the
// caller hears of it, the file that had the name is whole, and nothing is left.
func TestEachFaultIsToldAndLeavesNothing(t *testing.T) {
	large := small("1.9")
	large.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: make([]byte, 300<<10)})
	ways := map[string]func(w Writer, dir string, ds *dicom.Dataset) error{
		"Write":     func(w Writer, dir string, ds *dicom.Dataset) error { return w.Write(dir, "a/old.dcm", ds) },
		"WriteTo":   func(w Writer, dir string, ds *dicom.Dataset) error { return w.WriteTo(dir+"a/old.dcm", ds) },
		"Copy":      func(w Writer, dir string, _ *dicom.Dataset) error { return w.Copy(dir, "a/old.dcm", dir+"source") },
		"CommitNew": func(w Writer, dir string, ds *dicom.Dataset) error { return commitNew(w, dir, ds) },
	}
	for kind, fresh := range kinds {
		for way, act := range ways {
			for _, ds := range []*dicom.Dataset{small("1.2"), large} {
				faults := 0
				for n := 0; ; n++ {
					dir := t.TempDir() + string(filepath.Separator)
					must(t, os.Mkdir(dir+"a", 0o777))
					must(t, os.WriteFile(dir+"a/old.dcm", []byte("old"), 0o644))
					must(t, os.WriteFile(dir+"source", make([]byte, 300<<10), 0o644))
					fail, log := n, []string{}
					w := Writer{Sync: true, fresh: func(work string) (temporary, error) {
						tmp, err := fresh(work)
						return faulty{tmp, &fail, &log}, err
					}}
					err := act(w, dir, ds)
					if fail >= 0 {
						must(t, err)
						break // no fault was injected any more
					}
					faults++
					what := fmt.Sprintf("%s, %s, %s", kind, way, strings.Join(log, " "))
					if !errors.Is(err, errInjected) {
						t.Errorf("%s: the fault is not told: %v", what, err)
					}
					if text, _ := os.ReadFile(dir + "a/old.dcm"); string(text) != "old" {
						t.Errorf("%s: the old file has %d bytes", what, len(text))
					}
					var left []string
					fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, _ error) error {
						if !e.IsDir() && path != "a/old.dcm" && path != "source" {
							left = append(left, path)
						}
						return nil
					})
					if len(left) > 0 {
						t.Errorf("%s: left %v", what, left)
					}
				}
				if faults < 4 {
					t.Errorf("%s, %s: only %d operations", kind, way, faults)
				}
			}
		}
	}
}

func commitNew(w Writer, dir string, ds *dicom.Dataset) error {
	s, err := w.Stage(dir, "a/new.dcm", ds)
	if err != nil {
		return err
	}
	return s.CommitNew()
}
