package db

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicomini"
)

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want Kind
		name string
	}{
		{Options{}, Null, "NULL driver (black hole)"},
		{Options{SQLite: true, Postgres: true}, Null, "NULL driver (black hole)"},
		{Options{Server: "/a/b.db3", SQLite: true, Postgres: true}, SQLite, "built-in SQLite driver"},
		{Options{Server: "/a/b/", Postgres: true}, DBase, "built-in Dbase driver"},
		{Options{Server: "conquest", Postgres: true, MySQL: true}, Postgres, "native PostGres connection"},
		{Options{Server: "conquest", MySQL: true}, MySQL, "native MySQL connection"},
		{Options{Server: "conquest"}, SQLServer, "ODBC connection"},
		{Options{Server: "sqlserver://host/instance?database=x"}, SQLServer, "ODBC connection"},
	} {
		if got := KindOf(&c.o); got != c.want || got.String() != c.name {
			t.Errorf("%+v: %s, want %s", c.o, got, c.name)
		}
	}
}

func TestOpenFailures(t *testing.T) {
	ctx := context.Background()
	missing := filepath.Join(t.TempDir(), "no", "such")
	for _, o := range []Options{
		{Server: filepath.Join(missing, "index.db3"), SQLite: true},
		{Server: missing + string(filepath.Separator)},
	} {
		if d, err := Open(ctx, schemaFor(SQLite), o, Settings{}); err == nil {
			d.Close()
			t.Errorf("%s opened", o.Server)
		}
	}
	o := Options{Server: filepath.Join(t.TempDir(), "index.db3"), SQLite: true, DoubleBackslash: true}
	if _, err := Open(ctx, schemaFor(SQLite), o, Settings{}); !errors.Is(err, ErrDoubleBackslash) {
		t.Errorf("DoubleBackSlashToDB: %v", err)
	}
}

// A database keeps the column names that it was made with; a new one gets those
// of the first choice.
func TestOpenFitting(t *testing.T) {
	ctx := context.Background()
	cut, whole := schemaFor(SQLite), dicomini.DefaultSchema(dicomini.SchemaOptions{})
	for _, made := range []*dicomini.Schema{nil, cut, whole} {
		for _, choices := range [][]*dicomini.Schema{{cut, whole}, {whole, cut}} {
			o := Options{Server: filepath.Join(t.TempDir(), "index.db3"), SQLite: true}
			want := choices[0]
			if made != nil {
				d, err := Open(ctx, made, o, defaultSettings())
				if err == nil {
					err = errors.Join(d.Initialize(ctx, AllTables, nil), d.Close())
				}
				if err != nil {
					t.Fatal(err)
				}
				want = made
			}
			d, got, err := OpenFitting(ctx, choices, o, defaultSettings())
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("names are cut to %d, want %d", got.NameLimit, want.NameLimit)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	text := "[sscscp]\nMicroPACS = sscscp\nSQLite = 1\nSQLServer = x.db3\nAllowTruncate = StudyID, ImageType,\nWorkListReturnsISO_IR_100 = 1\nMyACRNema = ME\nEnableComputedFields = 1\n"
	c, err := dicomini.Load(dicomini.Location{}, dicomini.ParseFile("dicom.ini", []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	o, s := FromConfig(c)
	if !o.SQLite || !strings.HasSuffix(o.Server, "x.db3") || s.AETitle != "ME" || !s.ComputedFields || s.WorklistReturnISO_IR != 100 || strings.Join(s.AllowTruncate, "|") != "StudyID|ImageType" {
		t.Errorf("%+v %+v", o, s)
	}
}

// TestPlainFile finds no log beside the file after an orderly stop.
func TestPlainFile(t *testing.T) {
	dir := t.TempDir()
	o := Options{Server: filepath.Join(dir, "index.db3"), SQLite: true}
	d, err := Open(context.Background(), schemaFor(SQLite), o, defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Initialize(context.Background(), AllTables, nil); err != nil {
		t.Fatal(err)
	}
	mustAdd(t, d, object("P1", "1", "1.1", "1.1.1"), "a")
	findAll(t, d, StudyRoot, identifier("0008,0052", "STUDY", "0020,000d", ""))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("files %v, %v", entries, err)
	}
	head, err := os.ReadFile(o.Server)
	if err != nil || head[18] != 1 || head[19] != 1 {
		t.Errorf("the file is still in write-ahead mode (%v)", err)
	}
}

// TestReferenceGetsIndexes opens a database of the original twice: our indexes
// are made once.
func TestReferenceGetsIndexes(t *testing.T) {
	o := Options{Server: referenceDir(t, "sqlite"), SQLite: true}
	for range 2 {
		d, err := Open(context.Background(), schemaFor(SQLite), o, defaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		rows, err := d.Query(context.Background(), "sqlite_master", "name", "name like 'dgate_%'", "name")
		if err != nil || len(rows) != 4 {
			t.Errorf("indexes %v, %v", rows, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKnownGenerations(t *testing.T) {
	var k known
	for i := range 3 * knownLimit {
		k.put(strings.Repeat("x", i%7)+string(rune(i)), &knownRow{})
		if k.get("keep") == nil {
			k.put("keep", &knownRow{})
		}
	}
	if len(k.young)+len(k.old) > 2*knownLimit+2 {
		t.Errorf("%d rows kept", len(k.young)+len(k.old))
	}
	k.forget("keep")
	if k.get("keep") != nil {
		t.Error("not forgotten")
	}
}

// TestLater holds that nothing is opened before work wants it, and that the database
// has the names it was made with then.
func TestLater(t *testing.T) {
	ctx := context.Background()
	cut, whole := schemaFor(SQLite), dicomini.DefaultSchema(dicomini.SchemaOptions{})
	o := Options{Server: filepath.Join(t.TempDir(), "index.db3"), SQLite: true, Later: true}
	d, _, err := OpenFitting(ctx, []*dicomini.Schema{whole, cut}, o, Settings{})
	if err != nil || d.Close() != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(o.Server); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
	made := o
	made.Later = false
	d, err = Open(ctx, cut, made, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Initialize(ctx, AllTables, nil), d.Close()); err != nil {
		t.Fatal(err)
	}
	d, _, err = OpenFitting(ctx, []*dicomini.Schema{whole, cut}, o, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Query(ctx, "DICOMPatients", "PatientNam", "", ""); err != nil {
		t.Error(err)
	}
	if d.Schema() != cut {
		t.Error("the names of columns are not those of the database")
	}
	lost, _, err := OpenFitting(ctx, []*dicomini.Schema{cut}, Options{Server: filepath.Join(t.TempDir(), "no", "index.db3"), SQLite: true, Later: true}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer lost.Close()
	if _, err := lost.Query(ctx, "DICOMPatients", "PatientNam", "", ""); err == nil {
		t.Error("no error")
	}
}
