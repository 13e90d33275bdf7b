package db

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"conquest/dicom"
	"conquest/dicomini"
)

// recorder is a log that keeps its lines.
type recorder struct {
	mu                       sync.Mutex
	operator, trouble, debug []string
}

func (r *recorder) add(list *[]string, format string, a []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*list = append(*list, fmt.Sprintf(format, a...))
}

func (r *recorder) Operator(format string, a ...any) { r.add(&r.operator, format, a) }
func (r *recorder) Trouble(format string, a ...any)  { r.add(&r.trouble, format, a) }
func (r *recorder) Debug(format string, a ...any)    { r.add(&r.debug, format, a) }

func defaultSettings() Settings {
	return Settings{AETitle: "CONQUESTSRV1", ComputedFields: true, WorklistReturnISO_IR: 100}
}

func schemaFor(k Kind) *dicomini.Schema {
	opt := dicomini.SchemaOptions{TruncateFieldNames: 10}
	if k == DBase {
		return dicomini.DBaseSchema(opt)
	}
	return dicomini.DefaultSchema(opt)
}

// backend opens a fresh index of one kind.
type backend struct {
	name string
	open func(t testing.TB, set Settings, log Log) *DB
}

func sqliteBackend() backend {
	return backend{"sqlite", func(t testing.TB, set Settings, log Log) *DB {
		return openFresh(t, Options{Server: filepath.Join(t.TempDir(), "index.db3"), SQLite: true, SQLiteStartup: "PRAGMA synchronous = OFF", Log: log}, set)
	}}
}

func dbaseBackend() backend {
	return backend{"dbase", func(t testing.TB, set Settings, log Log) *DB {
		return openFresh(t, Options{Server: t.TempDir() + string(filepath.Separator), IndexDBF: 10, Log: log}, set)
	}}
}

// backends are all that can be tested on this machine.
func backends(t testing.TB) []backend {
	return append([]backend{sqliteBackend(), dbaseBackend()}, servers(t)...)
}

func openFresh(t testing.TB, o Options, set Settings) *DB {
	t.Helper()
	d := openOnly(t, o, set)
	if err := d.Initialize(context.Background(), AllTables, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

func openOnly(t testing.TB, o Options, set Settings) *DB {
	t.Helper()
	d, err := Open(context.Background(), schemaFor(KindOf(&o)), o, set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// readObject reads a file and repairs what the server repairs before storing.
func readObject(t testing.TB, path string) *dicom.Dataset {
	t.Helper()
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.PixelData})
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	ds := f.Dataset
	if !ds.Has(dicom.PatientName) {
		ds.SetString(dicom.PatientName, "NO NAME")
	}
	if len(ds.Value(dicom.PatientID)) < 2 {
		ds.SetString(dicom.PatientID, "00000000")
	}
	return ds
}

// files lists a folder of testdata by name.
func files(t testing.TB, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join("testdata", filepath.FromSlash(pattern)))
	if err != nil || len(list) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	sort.Strings(list)
	return list
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// object makes a small object.
func object(pat, study, series, sop string, more ...string) *dicom.Dataset {
	ds := dicom.NewDataset(24)
	for _, p := range []struct {
		t dicom.Tag
		v string
	}{
		{dicom.PatientID, pat}, {dicom.PatientName, "Name^" + pat}, {dicom.StudyInstanceUID, study},
		{dicom.SeriesInstanceUID, series}, {dicom.SOPInstanceUID, sop},
		{dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.2"}, {dicom.Modality, "CT"}, {dicom.StudyDate, "20240102"},
	} {
		ds.SetString(p.t, p.v)
	}
	for i := 0; i+1 < len(more); i += 2 {
		tag, ok := dicom.ParseTag(more[i])
		if !ok {
			panic(more[i])
		}
		ds.SetString(tag, more[i+1])
	}
	return ds
}

func mustAdd(t testing.TB, d *DB, ds *dicom.Dataset, file string) Result {
	t.Helper()
	r, err := d.Add(context.Background(), ds, Location{file, "MAG0"})
	if err != nil {
		t.Fatalf("add %s: %v", file, err)
	}
	return r
}

// identifier makes a query of tag, value pairs.
func identifier(pairs ...string) *dicom.Dataset {
	ds := dicom.NewDataset(len(pairs) / 2)
	for i := 0; i+1 < len(pairs); i += 2 {
		tag, ok := dicom.ParseTag(pairs[i])
		if !ok {
			panic(pairs[i])
		}
		ds.SetString(tag, pairs[i+1])
	}
	return ds
}

func findAll(t testing.TB, d *DB, m Model, id *dicom.Dataset) []*dicom.Dataset {
	t.Helper()
	seq, err := d.Find(context.Background(), m, id, FindOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var list []*dicom.Dataset
	for a, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return list
}

// render shows answers, one line each.
func render(list []*dicom.Dataset) string {
	var b strings.Builder
	for _, ds := range list {
		renderItem(&b, ds)
		b.WriteByte('\n')
	}
	return b.String()
}

func renderItem(b *strings.Builder, ds *dicom.Dataset) {
	for e := range ds.All() {
		if e.IsSequence() {
			fmt.Fprintf(b, "%s={", e.Tag)
			for _, it := range e.Items {
				renderItem(b, it)
			}
			b.WriteString("} ")
			continue
		}
		fmt.Fprintf(b, "%s=%q ", e.Tag, e.Value)
	}
}
