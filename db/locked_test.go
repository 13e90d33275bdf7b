package db

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLockedFile holds that an index which another program keeps locked refuses
// what waits after one busy time-out, whatever waits with it, and takes it
// afterwards.
func TestLockedFile(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "index.db3")
	d := openFresh(t, Options{Server: path, SQLite: true, SQLiteStartup: "PRAGMA busy_timeout = 200"}, defaultSettings())
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	const objects = 20
	begin := time.Now()
	errs := make([]error, objects)
	var wg sync.WaitGroup
	for i := range objects {
		wg.Go(func() { _, errs[i] = d.Add(ctx, sized(i), Location{Device: "MAG0", File: "x.dcm"}) })
	}
	wg.Wait()
	// Alone and one after the other they would wait for objects times 200 ms.
	if took := time.Since(begin); took > objects*200*time.Millisecond/2 {
		t.Errorf("refused after %v", took)
	}
	for i, err := range errs {
		var failed *SQLError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), "locked") {
			t.Errorf("object %d: %v", i, err)
		}
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for i := range objects {
		if _, err := d.Add(ctx, sized(i), Location{Device: "MAG0", File: "x.dcm"}); err != nil {
			t.Errorf("object %d is not taken after the lock: %v", i, err)
		}
	}
}
