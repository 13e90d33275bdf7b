package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDamagedFile(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "index.db3")
	o := Options{Server: path, SQLite: true}
	d, err := Open(ctx, schemaFor(SQLite), o, defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Initialize(ctx, AllTables, nil); err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		if _, err := d.MapUID(ctx, fmt.Sprint("1.2.3.", i), fmt.Sprint("9.", i), "", "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 300 {
		mustAdd(t, d, object(fmt.Sprint("P", i), fmt.Sprint("1.", i), fmt.Sprint("2.", i), fmt.Sprint("3.", i)), "f")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(from, to int) {
		b := append([]byte(nil), whole...)
		for i := from; i < min(to, len(b)); i++ {
			b[i] = byte(i * 7)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	damage(0, 4096)
	var damaged *DamagedError
	if _, err = Open(ctx, schemaFor(SQLite), o, defaultSettings()); !errors.As(err, &damaged) || !strings.Contains(err.Error(), "--doctor:rebuild") {
		t.Errorf("a file without header: %v", err)
	}
	o.Wait = true
	if _, err = Open(ctx, schemaFor(SQLite), o, defaultSettings()); !errors.As(err, &damaged) {
		t.Errorf("a server waits for a damaged file: %v", err)
	}
	// The second half does not fit: said once, at the first use of it.
	damage(len(whole)/2, len(whole))
	log := &recorder{}
	o.Log = log
	half, err := Open(ctx, schemaFor(SQLite), o, defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		half.Lookup(ctx, fmt.Sprint("3.", i), "")
		half.Add(ctx, object(fmt.Sprint("Q", i), fmt.Sprint("5.", i), fmt.Sprint("6.", i), fmt.Sprint("7.", i)), Location{"f", "MAG0"})
	}
	said := 0
	for _, line := range log.operator {
		if strings.Contains(line, "--doctor:rebuild") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times: %q", said, log.operator)
	}
	// What can still be read of the mapped UIDs is kept.
	fresh := openFresh(t, Options{Server: filepath.Join(t.TempDir(), "new.db3"), SQLite: true}, defaultSettings())
	n, err := fresh.Salvage(ctx, half)
	t.Logf("%d rows kept, %v", n, err)
	if n == 0 && err == nil {
		t.Error("nothing kept, and nothing said")
	}
	half.Close()
}

func TestSalvage(t *testing.T) {
	ctx := context.Background()
	old, fresh := sqliteBackend().open(t, defaultSettings(), nil), dbaseBackend().open(t, defaultSettings(), nil)
	for i := range 20 {
		if _, err := old.MapUID(ctx, fmt.Sprint("1.2.3.", i), fmt.Sprint("9.", i), "stage", "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.AddWorklist(ctx, []Field{{"PatientID", "W"}, {"AccessionN", "A1"}}); err != nil {
		t.Fatal(err)
	}
	if n, err := fresh.Salvage(ctx, old); n != 21 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if uid, found, err := fresh.LookupUID(ctx, "1.2.3.7", "stage"); uid != "9.7" || !found || err != nil {
		t.Errorf("%s %v %v", uid, found, err)
	}
	if row, found, err := fresh.Worklist(ctx, "A1"); !found || err != nil || row["PatientID"] != "W" {
		t.Errorf("%v %v %v", row, found, err)
	}
}

func TestTestWrite(t *testing.T) {
	for _, b := range backends(t) {
		d := b.open(t, defaultSettings(), nil)
		if err := d.TestWrite(context.Background()); err != nil {
			t.Errorf("%s: %v", b.name, err)
		}
		if rows, err := d.SQL(context.Background(), "SELECT OldUID FROM UIDMODS"); err != nil || len(rows) > 0 {
			t.Errorf("%s: left %v, %v", b.name, rows, err)
		}
		mustAdd(t, d, object("P", "1", "1.1", "1.1.1"), "a.dcm")
		mustAdd(t, d, object("P", "1", "1.1", "1.1.2"), "b.dcm")
		for device, want := range map[string]int{"MAG0": 1, "MAG1": 0} {
			if files, err := d.DeviceFiles(context.Background(), device, 1); len(files) != want || err != nil {
				t.Errorf("%s, %s: %v, %v", b.name, device, files, err)
			}
		}
	}
}

// TestComplete makes the tables that a process did not come to, one after another.
func TestComplete(t *testing.T) {
	ctx := context.Background()
	for _, b := range backends(t) {
		d := b.open(t, defaultSettings(), nil)
		if made, err := d.Complete(ctx); len(made) > 0 || err != nil {
			t.Errorf("%s: made %v, %v", b.name, made, err)
		}
		if b.name == "dbase" {
			continue // tables can not be dropped there
		}
		for _, table := range []string{"DICOMWorkList", "DICOMPatients", "DICOMStudies", "DICOMSeries", "DICOMImages", "UIDMODS"} {
			if _, err := d.SQL(ctx, "DROP TABLE "+table); err != nil {
				t.Fatal(err)
			}
			if made, err := d.Complete(ctx); len(made) != 1 || made[0] != table || err != nil {
				t.Errorf("%s: made %v, %v", b.name, made, err)
			}
			mustAdd(t, d, object("P", "1", "1.1", "1.1.1"), "a.dcm")
		}
		for _, table := range []string{"DICOMWorkList", "DICOMPatients", "DICOMStudies", "DICOMSeries", "DICOMImages", "UIDMODS"} {
			d.SQL(ctx, "DROP TABLE "+table)
		}
		if made, err := d.Complete(ctx); len(made) > 0 || err != nil {
			t.Errorf("%s, no tables at all: made %v, %v", b.name, made, err)
		}
	}
}

// TestPanicCostsOneChange runs a change that panics among others.
func TestPanicCostsOneChange(t *testing.T) {
	d := sqliteBackend().open(t, defaultSettings(), nil)
	errs := make(chan error, 20)
	for i := range cap(errs) {
		go func() {
			if i == 7 {
				errs <- d.change(context.Background(), grouped, nil, func(group) error { panic("index out of range") })
				return
			}
			_, err := d.Add(context.Background(), object("P", "1", "1.1", fmt.Sprint("1.1.", i)), Location{"f", "MAG0"})
			errs <- err
		}()
	}
	failed := 0
	for range cap(errs) {
		if err := <-errs; err != nil {
			failed++
		}
	}
	if c := counts(t, d); failed != 1 || c.Images != int64(cap(errs)-1) {
		t.Errorf("%d failed, %d images", failed, c.Images)
	}
}
