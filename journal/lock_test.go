package journal_test

import (
	"errors"
	"path/filepath"
	"testing"

	"conquest/journal"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.lock")
	unlock, err := journal.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Lock(path); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a lock was taken twice: %v", err)
	}
	unlock()
	again, err := journal.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	again()
	if _, err := journal.Lock(filepath.Join(path, "none")); err == nil || errors.Is(err, journal.ErrLocked) {
		t.Errorf("a lock that can not be made: %v", err)
	}
}
