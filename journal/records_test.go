package journal

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func list(t *testing.T, r *Records) []string {
	t.Helper()
	var got []string
	for i := 0; ; {
		rec, at, err := r.Next(i)
		if err != nil {
			t.Fatal(err)
		}
		if at < 0 {
			return got
		}
		got = append(got, string(bytes.TrimRight(rec, "\x00")))
		i = at + 1
	}
}

func TestRecordsLayout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	r, err := OpenRecords(path, 8, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"one", "two", "three"} {
		if _, err := r.Append([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	r.Done(1)
	if _, err := r.Append([]byte("far too long")); err == nil {
		t.Error("a record that does not fit is taken")
	}
	data, _ := os.ReadFile(path)
	if want := "one\x00\x00\x00\x00\x00\x00wo\x00\x00\x00\x00\x00three\x00\x00\x00"; string(data) != want {
		t.Errorf("file %q", data)
	}
	if got := list(t, r); !slices.Equal(got, []string{"one", "three"}) {
		t.Errorf("records %q", got)
	}
	if err := r.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is still there")
	}
}

// A torn record does not shift what comes behind it.
func TestTornRecordIsSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	if err := os.WriteFile(path, []byte("one\x00\x00\x00\x00\x00tw"), 0o644); err != nil {
		t.Fatal(err)
	}
	var said told
	r, err := OpenRecords(path, 8, Options{Tell: said.tell})
	if err != nil {
		t.Fatal(err)
	}
	r.Append([]byte("three"))
	if got := list(t, r); !slices.Equal(got, []string{"one", "three"}) || len(said) != 1 {
		t.Errorf("records %q, told %q", got, said)
	}
	if aside, _ := os.ReadFile(path + ".damaged"); string(aside) != "tw" {
		t.Errorf("set aside: %q", aside)
	}
}

// Each operation fails in turn: what was accepted is there after a restart, whole,
// and what was refused is not.
func TestRecordsFailAtEveryOperation(t *testing.T) {
	for _, sync := range []bool{false, true} {
		for _, count := range []int{1, 2} {
			for first := 0; ; first++ {
				path := filepath.Join(t.TempDir(), "r")
				files := &faulty{first: first, count: count}
				r, err := OpenRecords(path, 8, Options{FS: files, Sync: sync})
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				for i := range 6 {
					s := fmt.Sprint("rec", i)
					at, err := r.Append([]byte(s))
					if err == nil && (i != 2 || r.Done(at) != nil) {
						want = append(want, s)
					}
				}
				r, err = OpenRecords(path, 8, Options{})
				if err != nil {
					t.Fatal(err)
				}
				got := list(t, r)
				if first+count <= files.n && !slices.Equal(got, want) && !slices.Equal(got, slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == "rec2" })) {
					t.Errorf("sync %v, %d failures after operation %d (%s): %q, want %q", sync, count, first, files.hit, got, want)
				}
				if files.hit == "" || t.Failed() {
					break
				}
			}
		}
	}
}
