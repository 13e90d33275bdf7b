package undo_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/pacs/sitetest"
	"conquest/pacs/undo"
	"conquest/pacs/who"
	"conquest/storage"
)

// host is a site with a journal.
type host struct {
	*sitetest.Site
	*undo.Journal
	restored []string
}

func newHost(t testing.TB, lines ...string) *host {
	h := &host{Site: sitetest.New(t, append(lines, "UndoHours = 24")...)}
	h.again()
	h.Recover(context.Background())
	return h
}

// again is the journal of the next process.
func (h *host) again() {
	h.Journal = undo.New(undo.Site{
		Config: h.Live.Current, Index: h.DB, Console: h.Console, Lock: func(string) func() { return func() {} },
		Options: func(*dicomini.Config) journal.Options { return journal.Options{} }, Removed: func(*dicomini.Config, db.Location) {},
	})
	h.Journal.OnRestored = func(_ context.Context, path string, _ db.ObjectRef) { h.restored = append(h.restored, path) }
}

func (h *host) refs(patient string) []db.ObjectRef {
	h.T.Helper()
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.PatientID, patient)
	refs, err := h.DB.Locate(context.Background(), keys)
	if err != nil {
		h.T.Fatal(err)
	}
	return refs
}

func (h *host) must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// delete deletes objects as package remove does, and stops after a number of steps
// as if the process were killed: 1 begun, 2 noted, 3 rows gone, 3+n n files gone.
func (h *host) delete(refs []db.ObjectRef, steps int) *undo.Deed {
	h.T.Helper()
	ctx := context.Background()
	d, err := h.Begin(who.With(ctx, who.Actor{Name: "TEST", Way: "command x"}), h.Live.Current(), undo.Deleted, "all of it")
	h.must(err)
	if steps == 1 {
		return d
	}
	kept, err := d.Deleting(ctx, refs, false)
	h.must(err)
	if steps == 2 {
		return d
	}
	h.must(h.DB.Delete(ctx, refs...))
	dev := storage.NewDevices(h.Live.Current().Storage)
	for i, k := range kept {
		if steps == 3+i {
			return d
		}
		path, _, _ := dev.Locate(refs[i].Device, refs[i].File)
		h.must(k.Discard(path))
	}
	if steps > 3+len(refs) {
		d.End()
	}
	return d
}

const all = 1000

// entries is the list in short.
func (h *host) entries() string {
	h.T.Helper()
	list, err := h.List()
	h.must(err)
	var b []string
	for _, e := range list {
		b = append(b, fmt.Sprintf("%s %d %s%s", e.Kind, e.Objects, strings.Join(e.Patients, ","), e.State))
	}
	return strings.Join(b, "; ")
}

func (h *host) undoAll() undo.Result {
	h.T.Helper()
	list, err := h.List()
	h.must(err)
	res, err := h.Undo(context.Background(), list[0].ID)
	h.must(err)
	return res
}

func TestDeletedObjectsComeBack(t *testing.T) {
	h := newHost(t)
	h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2))
	h.Keep("MAG1", sitetest.Image("A", 3))
	refs := h.refs("A")
	h.delete(refs, all)
	h.Want("", "")
	if got := h.entries(); got != "deleted 3 A" {
		t.Errorf("list %q", got)
	}
	if !h.Holds(refs[0].StudyInstanceUID) || !h.Holds(refs[0].SOPInstanceUID) || h.Holds("1.2.3.4.5") {
		t.Error("what is gone is not known")
	}
	if res := h.undoAll(); res.Restored != 3 || res.Failed+res.Present != 0 {
		t.Errorf("%+v", res)
	}
	h.Want("MAG0:2 MAG1:1", "MAG0:2 MAG1:1")
	if len(h.restored) != 3 || h.entries() != "" || h.Holds(refs[0].StudyInstanceUID) {
		t.Errorf("restored %q, list %q", h.restored, h.entries())
	}
	if left, _ := filepath.Glob(filepath.Join(h.Dir, "*", "printer_files", "undo", "*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// TestKilledDeletion: after a kill at any point, and the next start, each object is
// either here or can be had back.
func TestKilledDeletion(t *testing.T) {
	for steps := 1; steps <= 6; steps++ {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			h := newHost(t)
			h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2))
			h.delete(h.refs("A"), steps)
			h.again()
			h.Recover(context.Background())
			if steps < 3 {
				h.Want("MAG0:2", "MAG0:2")
				if got := h.entries(); got != "" {
					t.Errorf("list %q", got)
				}
				return
			}
			h.Want("", "")
			if got := h.entries(); got != "deleted 2 A" {
				t.Fatalf("list %q", got)
			}
			if res := h.undoAll(); res.Restored != 2 {
				t.Errorf("%+v", res)
			}
			h.Want("MAG0:2", "MAG0:2")
		})
	}
}

// TestKilledUndo: an undo that was killed after some files is finished by the next
// start.
func TestKilledUndo(t *testing.T) {
	for moved := range 3 {
		h := newHost(t)
		h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2))
		refs := h.refs("A")
		id := h.delete(refs, all).ID()
		work := filepath.Join(h.Dir, "data", "printer_files", "undo", id)
		j, _, err := journal.Open(filepath.Join(work, "deed.log"), journal.Options{})
		h.must(err)
		_, err = j.Add([]byte(`{"undoing":true}`))
		h.must(err)
		h.must(j.Close())
		for i := range moved {
			to := filepath.Join(h.Dir, "data", filepath.FromSlash(refs[i].File))
			h.must(os.MkdirAll(filepath.Dir(to), 0o777))
			h.must(os.Rename(filepath.Join(work, fmt.Sprint(i+1, ".aside")), to))
		}
		h.again()
		h.Recover(context.Background())
		h.Want("MAG0:2", "MAG0:2")
		if got := h.entries(); got != "" {
			t.Errorf("list %q", got)
		}
	}
}

// TestObjectThatIsHereAgain: what was sent again since stays; the deleted one can
// still be had.
func TestObjectThatIsHereAgain(t *testing.T) {
	h := newHost(t)
	h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2))
	h.delete(h.refs("A"), all)
	h.Keep("MAG1", sitetest.Image("A", 1))
	if res := h.undoAll(); res.Restored != 1 || res.Present != 1 {
		t.Errorf("%+v", res)
	}
	h.Want("MAG0:1 MAG1:1", "MAG0:1 MAG1:1")
	if got := h.entries(); got != "deleted 1 A" {
		t.Errorf("list %q", got)
	}
	h.delete(h.refs("A"), all)
	list, _ := h.List()
	if res, err := h.Undo(context.Background(), list[1].ID); err != nil || res.Restored != 1 {
		t.Errorf("%+v %v", res, err)
	}
}

// TestNameTakenMeanwhile: a file of another object is never overwritten.
func TestNameTakenMeanwhile(t *testing.T) {
	h := newHost(t)
	path := h.Keep("MAG0", sitetest.Image("A", 1))
	h.delete(h.refs("A"), all)
	h.must((storage.Writer{}).WriteTo(path, sitetest.Image("B", 7)))
	if res := h.undoAll(); res.Restored != 1 {
		t.Errorf("%+v", res)
	}
	h.Want("MAG0:1", "MAG0:2")
	if d, err := dicom.ReadFile(path, dicom.ParseOptions{}); err != nil || d.String(dicom.PatientID) != "B" {
		t.Error("the file of another object is gone")
	}
}

func TestReplacedObjectComesBack(t *testing.T) {
	h := newHost(t)
	ctx := context.Background()
	h.Keep("MAG0", sitetest.Image("A", 1))
	old := h.refs("A")[0]
	d, err := h.Begin(ctx, h.Live.Current(), undo.Modified, "A to B")
	h.must(err)
	changed := sitetest.Image("B", 1)
	fresh := db.ObjectRef{PatientID: "B", SOPInstanceUID: changed.String(dicom.SOPInstanceUID), StudyInstanceUID: changed.String(dicom.StudyInstanceUID), SeriesInstanceUID: changed.String(dicom.SeriesInstanceUID)}
	kept, err := d.Note([]undo.Intent{{Ref: old, New: &fresh}})
	h.must(err)
	h.Keep("MAG0", changed)
	h.must(h.DB.Delete(ctx, old))
	h.must(kept[0].Discard(""))
	d.End()
	res := h.undoAll()
	if res.Restored != 1 || res.Deed == "" {
		t.Fatalf("%+v", res)
	}
	h.Want("MAG0:1", "MAG0:1")
	if len(h.refs("A")) != 1 || len(h.refs("B")) != 0 {
		t.Error("the old object is not back")
	}
	if res, err := h.Undo(ctx, res.Deed); err != nil || res.Restored != 1 {
		t.Errorf("undo of the undo: %+v %v", res, err)
	}
	if len(h.refs("B")) != 1 {
		t.Error("the changed object is not back")
	}
}

// TestOffLeavesNothing: without UndoHours there is no deed, no folder, no file.
func TestOffLeavesNothing(t *testing.T) {
	h := newHost(t, "UndoHours = 0")
	path := h.Keep("MAG0", sitetest.Image("A", 1))
	d := h.delete(h.refs("A"), 2)
	if d != nil {
		t.Error("a deed")
	}
	h.must(undo.Kept{}.Discard(path))
	if storage.Exists(filepath.Join(h.Dir, "data", "printer_files", "undo")) || storage.Exists(path) {
		t.Error("something was kept")
	}
}

// TestWorklistComesBack: rows of the worklist go with the last object of a patient.
func TestWorklistComesBack(t *testing.T) {
	h := newHost(t)
	ctx := context.Background()
	h.Keep("MAG0", sitetest.Image("A", 1))
	_, err := h.DB.SQL(ctx, "INSERT INTO DICOMWorkList (AccessionN, PatientID, PatientNam) VALUES ('77', 'A', 'O''Hara')")
	h.must(err)
	count := func() int {
		rows, err := h.DB.Query(ctx, "DICOMWorkList", "AccessionN", "PatientNam = 'O''Hara'", "")
		h.must(err)
		return len(rows)
	}
	h.delete(h.refs("A"), all)
	if count() != 0 {
		t.Fatal("the index keeps the worklist of a deleted patient: this test shows nothing")
	}
	h.undoAll()
	if count() != 1 {
		t.Errorf("the row of the worklist is not back: %q", h.Log.Take(""))
	}
}

func TestTimeIsOver(t *testing.T) {
	h := newHost(t)
	h.Keep("MAG1", sitetest.Image("A", 1))
	id := h.delete(h.refs("A"), all).ID()
	log := filepath.Join(h.Dir, "data", "printer_files", "undo", id, "deed.log")
	text, err := os.ReadFile(log)
	h.must(err)
	entries, err := journal.Read(log)
	h.must(err)
	h.must(os.Remove(log))
	j, _, err := journal.Open(log, journal.Options{})
	h.must(err)
	year := h.head(string(text))
	for _, e := range entries {
		_, err := j.Add([]byte(strings.ReplaceAll(string(e.Data), `"at":"`+year, `"at":"2001`)))
		h.must(err)
	}
	h.must(j.Close())
	h.again()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h.Run(ctx)
	if left, _ := filepath.Glob(filepath.Join(h.Dir, "*", "printer_files", "undo", "*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// head is the year of a deed.
func (h *host) head(text string) string {
	_, at, ok := strings.Cut(text, `"at":"`)
	if !ok {
		h.T.Fatal("no time")
	}
	return at[:4]
}

func TestUnknownDeed(t *testing.T) {
	h := newHost(t)
	for _, id := range []string{"", "..", "../..", "x", "20200101-000000-1"} {
		if _, err := h.Undo(context.Background(), id); err != undo.ErrUnknown {
			t.Errorf("%q: %v", id, err)
		}
	}
}
