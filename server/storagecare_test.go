package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"conquest/db"
	"conquest/dicom"
	"conquest/journal"
	"conquest/pacs/arriving"
	"conquest/pacs/sitetest"
	"conquest/pacs/store"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// house is a server without network in a folder of its own.
type house struct {
	*Server
	t   testing.TB
	dir string
	log *sitetest.Lines
}

// newHouse makes a server with an empty index; more are lines of dicom.ini that
// take the place of the usual ones.
func newHouse(t testing.TB, more ...string) *house {
	t.Helper()
	live, dir := sitetest.Config(t, more...)
	con, log := sitetest.Console()
	s, err := New(context.Background(), live, Options{Console: con, Argv0: "dgate", NewIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Index.Initialize(context.Background(), db.AllTables, func(string) {}); err != nil {
		t.Fatal(err)
	}
	return &house{Server: s, t: t, dir: dir, log: log}
}

const (
	seriesDate      dicom.Tag = 0x00080021
	patientComments dicom.Tag = 0x00104000
)

// store takes an object through the receive pipeline.
func (h *house) store(ds *dicom.Dataset) (store.Result, error) {
	return h.Store.Accept(context.Background(), h.Live.Current(), &store.Incoming{
		Object: ds, Origin: store.Received, Caller: &rules.Party{CallingAE: "TEST", CalledAE: "HOUSE", Variables: &scripting.Vars{}}, Convert: true,
	})
}

func (h *house) mustStore(list ...*dicom.Dataset) {
	h.t.Helper()
	for _, ds := range list {
		if _, err := h.store(ds); err != nil {
			h.t.Fatal(err)
		}
	}
}

// devices are the number of rows and of files by device.
func (h *house) devices() (rows, files map[string]int) {
	h.t.Helper()
	rows, files = map[string]int{}, map[string]int{}
	list, err := h.Index.Query(context.Background(), "DICOMImages", "DeviceName", "", "")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range list {
		rows[r[0]]++
	}
	for name, dir := range map[string]string{"MAG0": "data", "MAG1": "more", "MIRROR0": "mirror", "CACHE": "cache", "JUKEBOX": "jukebox"} {
		storage.WalkObjects(context.Background(), filepath.Join(h.dir, dir), func(string) error { files[name]++; return nil }, func(error) {})
	}
	return rows, files
}

func (h *house) want(rows, files string) {
	h.t.Helper()
	r, f := h.devices()
	if got := fmt.Sprint(r); got != "map["+rows+"]" {
		h.t.Errorf("rows %s, want %s", got, rows)
	}
	if got := fmt.Sprint(f); got != "map["+files+"]" {
		h.t.Errorf("files %s, want %s", got, files)
	}
}

func TestArchiving(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	h.mustStore(sitetest.Image("A", 1), sitetest.Image("A", 2), sitetest.Image("B", 1))
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v: %q", err, h.log.Take(""))
		}
	}
	check(h.Archive.SelectLRU(ctx, "MAG0", 6)) // A has 2 x 2.8 KB
	h.want("MAG0:1 MAG0.Archiving:2", "MAG0:3")
	if err := h.Archive.SelectLRU(ctx, "MAG0", 6); err == nil {
		t.Error("selected twice")
	}
	check(h.Archive.RestoreMAGFlags(ctx))
	h.want("MAG0:3", "MAG0:3")
	check(h.Commands.ArchiveOption(ctx, "s6,0"))
	check(h.Commands.ArchiveOption(ctx, "bJUKEBOX0.7"))
	h.want("JUKEBOX0.7:2 MAG0:1", "CACHE:2 MAG0:1")
	if _, err := h.Load.Object(ctx, "A", sitetest.Image("A", 2).String(dicom.SOPInstanceUID)); err != nil {
		t.Errorf("object is not found in the cache: %v", err)
	}
	if err := h.Commands.ArchiveOption(ctx, "cJUKEBOX0.7"); err == nil {
		t.Error("compared with a medium that is not there")
	}
	check(os.CopyFS(filepath.Join(h.dir, "jukebox", "cd0007"), os.DirFS(filepath.Join(h.dir, "cache", "cd00_0007"))))
	check(h.Archive.CompareBunch(ctx, "JUKEBOX0.7"))
	check(h.Archive.DeleteBunch(ctx, "JUKEBOX0.7"))
	h.want("JUKEBOX0.7:2 MAG0:1", "JUKEBOX:2 MAG0:1")
	if _, err := h.Load.Object(ctx, "A", sitetest.Image("A", 2).String(dicom.SOPInstanceUID)); err != nil {
		t.Error(err)
	}
	check(h.Regenerate(ctx, db.AllTables))
	h.want("JUKEBOX0.7:2 MAG0:1", "JUKEBOX:2 MAG0:1")
	check(h.Archive.TestImages(ctx, "JUKEBOX0.7"))
	check(h.Archive.SelectSeries(ctx, "MAG0", 10, 0))
	h.want("JUKEBOX0.7:2 MAG0.Archiving:1", "JUKEBOX:2 MAG0:1")
	check(h.Archive.MoveSeries(ctx, "MAG0.Archiving", "MAG1"))
	h.want("JUKEBOX0.7:2 MAG1:1", "JUKEBOX:2 MAG1:1")
}

// TestOtherPatientKeepsFile stores a known SOP instance for another patient where
// both get the same name.
func TestOtherPatientKeepsFile(t *testing.T) {
	h := newHouse(t, "FileNameSyntax = 10")
	h.mustStore(sitetest.Image("A", 1, patientComments, "first"))
	other := sitetest.Image("A", 1, patientComments, "second")
	other.SetString(dicom.PatientID, "B")
	if _, err := h.store(other); err == nil {
		t.Fatal("accepted")
	}
	ds, err := h.Load.Object(context.Background(), "A", sitetest.Image("A", 1).String(dicom.SOPInstanceUID))
	if err != nil || ds.String(patientComments) != "first" {
		t.Errorf("the first object is gone: %v", err)
	}
}

func TestCollidingNames(t *testing.T) {
	h := newHouse(t, "FileNameSyntax = %id/x.dcm")
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() { h.mustStore(sitetest.Image("A", n)) })
	}
	wg.Wait()
	h.want("MAG0:20", "MAG0:20")
	if n, err := h.Doctor(context.Background(), "", &strings.Builder{}); n != 0 || err != nil {
		// Mirror copies are made by the running server only.
		var b strings.Builder
		h.Doctor(context.Background(), "", &b)
		if strings.Contains(b.String(), "share") || strings.Contains(b.String(), "another object") {
			t.Error(b.String())
		}
	}
}

// TestEndedWhileStoring finds what a killed process left between file and index.
func TestEndedWhileStoring(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	work := filepath.Join(h.dir, "data", "printer_files")
	if err := os.MkdirAll(work, 0o777); err != nil {
		t.Fatal(err)
	}
	h.mustStore(sitetest.Image("A", 1))
	if found, _ := filepath.Glob(filepath.Join(work, "arriving-*")); len(found) != 1 {
		t.Errorf("journals: %v", found)
	}
	dead := arriving.New(work, "1", journal.Options{})
	file := filepath.Join("A", "left.dcm")
	dead.Enter(arriving.Arrival{File: file, Device: "MAG0", SOP: sitetest.Image("A", 2).String(dicom.SOPInstanceUID)})
	dead.Enter(arriving.Arrival{File: "A/never.dcm", Device: "MAG0"})
	if err := h.Writer(h.Live.Current()).WriteTo(filepath.Join(h.dir, "data", file), sitetest.Image("A", 2)); err != nil {
		t.Fatal(err)
	}
	h.Store.RecoverUnderWay(ctx)
	loc, found, err := h.Index.Lookup(ctx, sitetest.Image("A", 2).String(dicom.SOPInstanceUID), "A")
	if err != nil || !found || loc.File != file {
		t.Errorf("the object was not entered: %v %v %v", loc, found, err)
	}
	if left, _ := filepath.Glob(filepath.Join(work, "arriving-*")); len(left) != 1 {
		t.Errorf("journals stay: %v", left)
	}
	if err := h.Regenerate(ctx, db.AllTables); err != nil {
		t.Fatal(err)
	}
	h.want("MAG0:2", "MAG0:2")
}
