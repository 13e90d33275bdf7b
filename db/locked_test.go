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
// each change after it has waited for some time, says so once, and takes changes
// afterwards.
func TestLockedFile(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "index.db3")
	log := &recorder{}
	d := openFresh(t, Options{Server: path, SQLite: true, Log: log, SQLiteStartup: "PRAGMA busy_timeout = 100"}, defaultSettings())
	d.writer.lockPatience = time.Second
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
	if took := time.Since(begin); took < time.Second || took > objects*time.Second/2 {
		t.Errorf("refused after %v", took)
	}
	for i, err := range errs {
		var failed *SQLError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), "locked") {
			t.Errorf("object %d: %v", i, err)
		}
	}
	if n := len(log.operator); n == 0 || n > objects || !strings.Contains(log.operator[0], "locked by another program") {
		t.Errorf("log %q", log.operator)
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
