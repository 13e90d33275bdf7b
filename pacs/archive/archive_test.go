package archive

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
	"conquest/dicomini"
	"conquest/pacs/sitetest"
	"conquest/pixel"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// house is a site with an archive, and the archive's host.
type house struct {
	*sitetest.Site
	*Archive
	mu       sync.Mutex
	mirrored []string
}

func newHouse(t *testing.T, more ...string) *house {
	h := &house{Site: sitetest.New(t, more...)}
	h.Archive = New(h, h.DB, &rules.Engine{Env: func(rules.Caller) scripting.Env { return &scripting.DryRun{} }}, h.Console)
	return h
}

func (h *house) Config() *dicomini.Config                                   { return h.Live.Current() }
func (h *house) Writer(*dicomini.Config) storage.Writer                     { return storage.Writer{} }
func (h *house) Moved(context.Context, string, string, string, db.Location) {}

func (h *house) GiveRoom(*dicomini.Config, func() bool) bool { return false }

func (h *house) Refused(err error, loc db.Location) { h.T.Errorf("refused %v: %v", loc, err) }
func (h *house) Lock(string) (unlock func())        { return func() {} }

func (h *house) Mirror(_ context.Context, path string, _ db.Location) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mirrored = append(h.mirrored, path)
}

func (h *house) Transcode(_ context.Context, ds *dicom.Dataset, code string) error {
	return pixel.Transcode(ds, code, pixel.Options{})
}

func (h *house) Remove(ctx context.Context, cfg *dicomini.Config, refs []db.ObjectRef) error {
	for _, r := range refs {
		if err := storage.Remove(storage.NewDevices(cfg.Storage).Path(r.Device), r.File); err != nil {
			return err
		}
	}
	return h.DB.Delete(ctx, refs...)
}

const patientComments dicom.Tag = 0x00104000

func TestMoveData(t *testing.T) {
	for _, series := range []bool{false, true} {
		h := newHouse(t)
		h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2), sitetest.Image("B", 1))
		h.Want("MAG0:3", "MAG0:3")
		move := h.MoveData
		if series {
			move = h.MoveSeries
		}
		h.Log.Take("")
		if err := move(context.Background(), "MAG0", "MAG1"); err != nil {
			t.Fatal(err)
		}
		h.Want("MAG1:3", "MAG1:3")
		said := h.Log.Take("ToDevice:")
		if len(said) != 7 || !strings.Contains(said[0], ": moving 0 MB to: "+h.Dir+"/more/") || !strings.Contains(said[6], "deleted source data for") {
			t.Errorf("console %q", said)
		}
		if storage.IsDir(filepath.Join(h.Dir, "data", "A")) {
			t.Error("empty folders stay")
		}
		if len(h.mirrored) != 3 {
			t.Errorf("entered for the mirror: %v", h.mirrored)
		}
	}
}

func TestMoveDoesNotOverwrite(t *testing.T) {
	h := newHouse(t)
	h.Keep("MAG0", sitetest.Image("A", 1))
	loc, _, _ := h.DB.Lookup(context.Background(), sitetest.Image("A", 1).String(dicom.SOPInstanceUID), "A")
	w := storage.Writer{}
	if err := w.WriteTo(filepath.Join(h.Dir, "more", loc.File), sitetest.Image("B", 9)); err != nil {
		t.Fatal(err)
	}
	if err := h.MoveData(context.Background(), "MAG0", "MAG1"); err == nil {
		t.Fatal("moved over the file of another object")
	}
	h.Want("MAG0:1", "MAG0:1 MAG1:1")
}

func TestMoveWithChangedSource(t *testing.T) {
	h := newHouse(t)
	h.Keep("MAG0", sitetest.Image("A", 1))
	dev := storage.NewDevices(h.Live.Current().Storage)
	bundles, err := h.patientsOn(context.Background(), "MAG0")
	if err != nil {
		t.Fatal(err)
	}
	tr := &transfer{a: h.Archive, from: "MAG0", to: "MAG1", device: "MAG1", fromDir: dev.MAG(0), toDir: dev.MAG(1)}
	im := bundles[0].images[0]
	if err := tr.copy(context.Background(), im); err != nil {
		t.Fatal(err)
	}
	h.Keep("MAG0", sitetest.Image("A", 1, patientComments, "stored again during the move"))
	if err := tr.switchOver(context.Background(), im); err != nil {
		t.Fatal(err)
	}
	h.Want("MAG1:1", "MAG1:1")
	f, err := dicom.ReadFile(dev.MAG(1)+im.file, dicom.ParseOptions{})
	if err != nil || f.String(patientComments) == "" {
		t.Errorf("moved an old copy: %v", err)
	}
}

func TestArchiveCompression(t *testing.T) {
	h := newHouse(t, "ArchiveCompression = j2")
	path := h.Keep("MAG0", sitetest.Image("A", 1))
	if err := h.SelectLRU(context.Background(), "MAG0", 100); err != nil {
		t.Fatal(err)
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !f.TransferSyntax().Encapsulated {
		t.Errorf("transfer syntax is %s", f.TransferSyntax().UID)
	}
}

func TestVerifyMirrorAndTestImages(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("B", 1))
	if err := h.VerifyMirror(ctx, "MAG0"); err == nil {
		t.Error("missing copies verified")
	}
	if err := os.CopyFS(filepath.Join(h.Dir, "mirror"), os.DirFS(filepath.Join(h.Dir, "data"))); err != nil {
		t.Fatal(err)
	}
	h.Log.Take("")
	if err := h.VerifyMirror(ctx, "MAG0"); err != nil {
		t.Error(err)
	}
	if said := h.Log.Take("verified mirror data for patient"); len(said) != 2 {
		t.Errorf("console %q", said)
	}
	loc, _, _ := h.DB.Lookup(ctx, sitetest.Image("A", 1).String(dicom.SOPInstanceUID), "A")
	if err := os.Truncate(filepath.Join(h.Dir, "data", loc.File), 300); err != nil {
		t.Fatal(err)
	}
	if err := h.VerifyMirror(ctx, "MAG0"); err == nil {
		t.Error("a cut file equals its mirror copy")
	}
	h.Log.Take("")
	if err := h.TestImages(ctx, "MAG0"); err == nil {
		t.Error("a cut file can be read")
	}
	if said := h.Log.Take("***Test read failed for file"); len(said) != 1 {
		t.Errorf("console %q", said)
	}
}

func TestCleaningOrder(t *testing.T) {
	for _, tc := range []struct{ sort, line, order string }{
		{"", "Deleting patient: ", "OLD MID NEW"},
		{"StudyDate", "Deleting patient on StudyDate: ", "NEW MID OLD"},
	} {
		h := newHouse(t, "LRUSort = "+tc.sort)
		for i, id := range []string{"OLD", "MID", "NEW"} {
			h.Keep("MAG0", sitetest.Image(id, 1, dicom.StudyDate, fmt.Sprint(20230101-10000*i)))
			if _, err := h.DB.SQL(context.Background(), fmt.Sprintf("UPDATE DICOMPatients SET AccessTime = %d WHERE PatientID = '%s'", 1000+i, id)); err != nil {
				t.Fatal(err)
			}
		}
		h.Log.Take("")
		if err := h.MakeSpace(context.Background(), 9000); err != nil {
			t.Fatal(err)
		}
		h.Want("MAG0:3", "MAG0:3")
		if err := h.MakeSpace(context.Background(), 20000); err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, l := range h.Log.Take("DISK SPACE: 10000 MB / NEED 20000 MB - " + tc.line) {
			order = append(order, l[strings.LastIndexByte(l, ' ')+1:])
		}
		if got := strings.Join(order, " "); got != tc.order {
			t.Errorf("LRUSort %q: deleted %s, want %s", tc.sort, got, tc.order)
		}
		h.Want("", "")
	}
}

func TestCleaningTakesIDsLiterally(t *testing.T) {
	h := newHouse(t)
	h.Keep("MAG0", sitetest.Image("A*", 1), sitetest.Image("AB", 1))
	if err := h.deletePatient(context.Background(), h.Live.Current(), "A*"); err != nil {
		t.Fatal(err)
	}
	h.Want("MAG0:1", "MAG0:1")
}

// An object that ArchiveConverter0 rejects is named, and archived as it is.
func TestArchiveConverter(t *testing.T) {
	for _, c := range []struct{ converter, said, comments string }{
		{`set 0010,4000 to "changed"`, "Modified image: ", "changed"},
		{"destroy", "rejected by script", ""},
	} {
		h := newHouse(t, "ArchiveConverter0 = "+c.converter)
		path := h.Keep("MAG0", sitetest.Image("A", 1))
		if err := h.SelectLRU(context.Background(), "MAG0", 100); err != nil {
			t.Fatal(err)
		}
		if said := h.Log.Take(c.said); len(said) != 1 {
			t.Errorf("%s: %d lines with %q, want 1", c.converter, len(said), c.said)
		}
		f, err := dicom.ReadFile(path, dicom.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.String(patientComments); got != c.comments {
			t.Errorf("%s: comments %q, want %q", c.converter, got, c.comments)
		}
		f.Close()
	}
}

// TestCleaningRunsOnceAtATime: while patients are deleted to make space another
// object that finds the devices full starts nothing.
func TestCleaningRunsOnceAtATime(t *testing.T) {
	h := newHouse(t, "MAGDeviceThreshHold = 20000")
	h.Keep("MAG0", sitetest.Image("A", 1))
	h.Log.Take("")
	h.cleaning.Store(true)
	h.StartCleaning(h.Live.Current())
	h.work.Wait()
	h.Want("MAG0:1", "MAG0:1")
	h.cleaning.Store(false)
	h.StartCleaning(h.Live.Current())
	h.work.Wait()
	h.Want("", "")
	if said := h.Log.Take("***ALERT: RUNNING OUT OF FREE SPACE"); len(said) != 2 {
		t.Errorf("said %q", said)
	}
}
