package queue

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestHandOver: work that waits in the journal goes to the failure file, in its order,
// and is not done twice when this server starts again.
func TestHandOver(t *testing.T) {
	dir := t.TempDir()
	opt := Options[string]{
		Dir: dir, Name: "pending", FailFile: filepath.Join(dir, "Failures"), RecordSize: 8, Capacity: 10,
		Marshal:   func(s string) ([]byte, bool) { return append([]byte(s), make([]byte, max(8-len(s), 0))...), len(s) < 8 },
		Unmarshal: func(b []byte) (string, error) { return string(b[:3]), nil },
		Run:       func(context.Context, string) Outcome { return Done },
		Ready:     func() bool { return false },
		Label:     func(s string) string { return s },
	}
	q, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	q.Start()
	for _, work := range []string{"one", "two", "too long for a record"} {
		if err := q.Push(context.Background(), work); err != nil {
			t.Fatal(err)
		}
	}
	if written, kept := q.HandOver(); written != 2 || kept != 1 {
		t.Errorf("%d written, %d kept", written, kept)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(opt.FailFile); err != nil || string(b) != "one\x00\x00\x00\x00\x00two\x00\x00\x00\x00\x00" {
		t.Errorf("%q %v", b, err)
	}
	again, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if s := again.State(); s.Waiting+s.Failed != 3 {
		t.Errorf("%+v", s)
	}
}
