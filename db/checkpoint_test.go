package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// imagesIn opens a copy of an index and counts its images.
func imagesIn(t *testing.T, o Options) int64 {
	t.Helper()
	d, err := Open(context.Background(), schemaFor(KindOf(&o)), o, defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c, err := d.Counts(context.Background())
	if err != nil && !isSQL(err) { // a file without tables
		t.Fatal(err)
	}
	return c.Images
}

// TestCopiedFileHasAllRows copies the file of SQLite alone, as nightly jobs do,
// while the index is open.
func TestCopiedFileHasAllRows(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "index.db3")
	d := openFresh(t, Options{Server: path, SQLite: true}, defaultSettings())
	const objects = 50
	for i := range objects {
		mustAdd(t, d, object("P", "1", "1.1", fmt.Sprint("1.1.", i)), "f")
	}
	taken := filepath.Join(dir, "copy.db3")
	var n int64
	for deadline := time.Now().Add(20 * time.Second); n < objects && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		os.Remove(taken)
		copyFile(t, path, taken)
		n = imagesIn(t, Options{Server: taken, SQLite: true})
	}
	if n != objects {
		t.Errorf("the copy has %d images of %d", n, objects)
	}
}

func TestBackupWhileObjectsAreAdded(t *testing.T) {
	for _, b := range []backend{sqliteBackend(), dbaseBackend()} {
		d := b.open(t, defaultSettings(), nil)
		ctx, stop := context.WithCancel(context.Background())
		added := make(chan int, 1)
		go func() {
			n := 0
			for ; ctx.Err() == nil; n++ {
				if _, err := d.Add(context.Background(), object("P", "1", "1.1", fmt.Sprint("1.1.", n)), Location{"f", "MAG0"}); err != nil {
					break
				}
			}
			added <- n
		}()
		dir := t.TempDir()
		var last int64
		for i := range 3 {
			path := filepath.Join(dir, "copy.db3")
			o := Options{Server: path, SQLite: true}
			if b.name == "dbase" {
				path = filepath.Join(dir, fmt.Sprint("copy", i))
				o = Options{Server: path + "/", IndexDBF: 10}
			}
			before := counts(t, d).Images
			if err := d.Backup(ctx, path); err != nil {
				t.Fatalf("%s: %v", b.name, err)
			}
			n := imagesIn(t, o)
			if n < before || n < last {
				t.Errorf("%s: the copy has %d images, there were %d", b.name, n, before)
			}
			last = n
		}
		stop()
		<-added
		if b.name == "sqlite" {
			if err := d.Backup(context.Background(), d.opt.Server); err == nil {
				t.Error("backed up onto itself")
			}
			other := filepath.Join(dir, "letter.txt")
			os.WriteFile(other, []byte("dear sir"), 0o644)
			if err := d.Backup(context.Background(), other); err == nil {
				t.Error("another file was replaced")
			}
		}
	}
}

func TestMissingFileIsNotMade(t *testing.T) {
	for _, o := range []Options{
		{Server: filepath.Join(t.TempDir(), "index.db3"), SQLite: true, MustExist: true},
		{Server: filepath.Join(t.TempDir(), "none") + "/", MustExist: true},
	} {
		_, err := Open(context.Background(), schemaFor(KindOf(&o)), o, defaultSettings())
		if !errors.Is(err, ErrNoDatabase) {
			t.Errorf("%s: %v", o.Server, err)
		}
		if _, err := os.Stat(o.Server); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was made", o.Server)
		}
		// A server waits for it.
		o.Wait = true
		o.Patience = 10 * time.Second
		log := &recorder{}
		o.Log = log
		d, err := Open(context.Background(), schemaFor(KindOf(&o)), o, defaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		made := o
		made.MustExist = false
		if !o.SQLite {
			os.Mkdir(o.Server, 0o777)
		}
		first, err := Open(context.Background(), schemaFor(KindOf(&o)), made, defaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Initialize(context.Background(), AllTables, nil); err != nil {
			t.Fatal(err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if o.SQLite {
			mustAdd(t, d, object("P", "1", "1.1", "1.1.1"), "f")
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
