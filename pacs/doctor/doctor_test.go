package doctor_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/pacs/doctor"
	"conquest/pacs/sitetest"
	"conquest/storage"
)

// house is a site to be examined.
type house struct{ *sitetest.Site }

func newHouse(t *testing.T, more ...string) *house { return &house{sitetest.New(t, more...)} }

func (h *house) examine(ctx context.Context, action string, out io.Writer) (int, error) {
	presence := storage.NewPresence(storage.NewDevices(h.Live.Current().Storage))
	presence.Holds = func(device string) ([]string, error) { return h.DB.DeviceFiles(ctx, device, 20) }
	site := &doctor.Site{
		Config: h.Live.Current(), Schema: h.Schema, Index: h.DB, Console: h.Console, Presence: presence,
		Lock: func(string) func() { return func() {} },
	}
	return site.Examine(ctx, action, out)
}

func TestDoctor(t *testing.T) {
	for name, plain := range map[string]bool{"now": false, "journal of an earlier version": true} {
		t.Run(name, func(t *testing.T) { repairAndUndo(t, plain) })
	}
}

// repairAndUndo repairs a site and takes that back.
func repairAndUndo(t *testing.T, plain bool) {
	ctx := context.Background()
	h := newHouse(t, "MIRRORDevices = 0")
	for n := 1; n <= 8; n++ {
		h.Keep("MAG0", sitetest.Image("A", n))
	}
	h.Keep("MAG0", sitetest.Image("B", 1), sitetest.Image("C", 1))
	path := func(patient string, n int) string {
		loc, _, err := h.DB.Lookup(ctx, sitetest.Image(patient, n).String(dicom.SOPInstanceUID), patient)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(h.Dir, "data", loc.File)
	}
	h.age()
	if n, err := h.examine(ctx, "", &strings.Builder{}); n != 0 || err != nil {
		t.Fatalf("a sound site has %d findings, %v", n, err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lostA, lostC, elsewhere, copied := path("A", 1), path("C", 1), path("A", 2), path("A", 3)
	must(os.Remove(lostA))
	must(os.Remove(lostC))
	must(os.MkdirAll(filepath.Join(h.Dir, "more", "moved"), 0o777))
	must(os.Rename(elsewhere, filepath.Join(h.Dir, "more", "moved", "by hand.dcm")))
	must(os.CopyFS(filepath.Join(h.Dir, "more", "copy"), os.DirFS(filepath.Dir(copied))))
	must(os.RemoveAll(filepath.Join(h.Dir, "more", "copy", filepath.Base(path("A", 8)))))
	must(os.Truncate(path("A", 4), 700))
	w := storage.Writer{}
	must(w.WriteTo(filepath.Join(h.Dir, "data", "new", "file.dcm"), sitetest.Image("D", 1)))
	must(os.WriteFile(filepath.Join(h.Dir, "data", "new", "junk.dcm"), []byte("no DICOM"), 0o644))
	h.age()

	before := h.picture()
	var report strings.Builder
	found, err := h.examine(ctx, "", &report)
	must(err)
	for _, text := range []string{
		"objects in the index without a file: 2", "files that are not in the index: 1", "objects whose file lies elsewhere: 1",
		"second copies of objects: 5", "files that can not be read whole: 2", "11 findings",
	} {
		if !strings.Contains(report.String(), text) {
			t.Errorf("the report does not say %q:\n%s", text, &report)
		}
	}
	if h.picture() != before {
		t.Error("looking changed something")
	}
	var repair strings.Builder
	left, err := h.examine(ctx, "repair", &repair)
	must(err)
	if left != 1 { // the cut file has no good copy
		t.Errorf("%d of %d findings are left:\n%s", left, found, &repair)
	}
	var again strings.Builder
	left, err = h.examine(ctx, "", &again)
	must(err)
	if left != 1 || !strings.Contains(again.String(), "files that can not be read whole: 1") {
		t.Errorf("after the repair:\n%s", &again)
	}
	counts, err := h.DB.Counts(ctx)
	must(err)
	if counts.Patients != 3 || counts.Images != 9 { // A, B, D
		t.Errorf("%+v", counts)
	}
	if plain {
		h.plainJournal()
	}
	var undo strings.Builder
	_, err = h.examine(ctx, "undo", &undo)
	must(err)
	if after := h.picture(); after != before {
		t.Errorf("undone:\n%s\nbefore:\n%s\n%s", after, before, &undo)
	}
}

// plainJournal gives the journal of the repair the form of earlier versions.
func (h *house) plainJournal() {
	found, err := filepath.Glob(filepath.Join(h.Dir, "data", "printer_files", "doctor-*", "undo.jsonl"))
	if err != nil || len(found) != 1 {
		h.T.Fatal(found, err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		h.T.Fatal(err)
	}
	var text string
	for line := range strings.Lines(string(data)) {
		text += line[strings.IndexByte(line, '{'):]
	}
	if err := os.WriteFile(found[0], []byte(text+`{"act":"mov`), 0o644); err != nil {
		h.T.Fatal(err)
	}
}

// picture is all rows and all files.
func (h *house) picture() string {
	var all []string
	for table, fields := range map[string]string{
		"DICOMImages": "SOPInstanc, ImagePat, SeriesInst, ObjectFile, DeviceName", "DICOMSeries": "SeriesInst, StudyInsta, SeriesPat",
		"DICOMStudies": "StudyInsta, PatientID, StudyDate", "DICOMPatients": "PatientID, PatientNam",
	} {
		rows, err := h.DB.Query(context.Background(), table, fields, "", "")
		if err != nil {
			h.T.Fatal(err)
		}
		for _, r := range rows {
			all = append(all, table+" "+strings.Join(r, " "))
		}
	}
	storage.WalkObjects(context.Background(), h.Dir, func(path string) error {
		fi, err := os.Stat(path)
		all = append(all, fmt.Sprint(path, " ", fi.Size()))
		return err
	}, func(error) {})
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestDoctorMirror(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2), sitetest.Image("A", 3))
	h.age()
	if n, _ := h.examine(ctx, "repair", &strings.Builder{}); n != 0 {
		t.Errorf("%d copies are missing", n)
	}
	h.Want("MAG0:3", "MAG0:3 MIRROR0:3")
	loc, _, _ := h.DB.Lookup(ctx, sitetest.Image("A", 1).String(dicom.SOPInstanceUID), "A")
	os.Remove(filepath.Join(h.Dir, "data", loc.File))
	loc, _, _ = h.DB.Lookup(ctx, sitetest.Image("A", 2).String(dicom.SOPInstanceUID), "A")
	os.Truncate(filepath.Join(h.Dir, "data", loc.File), 900)
	var b strings.Builder
	h.age()
	if n, err := h.examine(ctx, "repair", &b); n != 0 || err != nil {
		t.Errorf("%d findings are left, %v:\n%s", n, err, &b)
	}
	h.age()
	b.Reset()
	if n, err := h.examine(ctx, "", &b); n != 0 || err != nil {
		t.Errorf("%v, after restoring from the mirror:\n%s", err, &b)
	}
}

// TestDoctorYoungFiles tells of files that it can not judge yet.
func TestDoctorYoungFiles(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, "MIRRORDevices = 0")
	h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2))
	var b strings.Builder
	if n, err := h.examine(ctx, "", &b); n != 0 || err != nil {
		t.Errorf("young files that the index has: %d findings, %v\n%s", n, err, &b)
	}
	for n := range 250 {
		if err := (storage.Writer{}).WriteTo(filepath.Join(h.Dir, "data", "new", fmt.Sprint(n, ".dcm")), sitetest.Image("D", n+1)); err != nil {
			t.Fatal(err)
		}
	}
	b.Reset()
	n, err := h.examine(ctx, "", &b)
	if n != 250 || err != nil || !strings.Contains(b.String(), "look again in half a minute: 250") || strings.Contains(b.String(), "nothing is wrong") {
		t.Errorf("%d findings, %v\n%.300s", n, err, b.String())
	}
}

// TestDoctorDryRun says what a repair does, and does nothing.
func TestDoctorDryRun(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, "MIRRORDevices = 0")
	h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("A", 2))
	loc, _, _ := h.DB.Lookup(ctx, sitetest.Image("A", 1).String(dicom.SOPInstanceUID), "A")
	os.Remove(filepath.Join(h.Dir, "data", loc.File))
	(storage.Writer{}).WriteTo(filepath.Join(h.Dir, "data", "new", "file.dcm"), sitetest.Image("D", 1))
	h.age()
	before := h.picture()
	var b strings.Builder
	n, err := h.examine(ctx, "dry-run", &b)
	if n != 2 || err != nil || !strings.Contains(b.String(), "would take the object out of the index: ") || !strings.Contains(b.String(), "would enter: ") {
		t.Errorf("%d findings, %v\n%s", n, err, &b)
	}
	if h.picture() != before {
		t.Error("a dry run changed something")
	}
}

// TestDoctorDeviceNotMounted takes nothing out of the index while a device is
// away.
func TestDoctorDeviceNotMounted(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, "MIRRORDevices = 0")
	h.Keep("MAG0", sitetest.Image("A", 1))
	h.Keep("MAG1", sitetest.Image("B", 1), sitetest.Image("B", 2))
	h.age()
	before := h.picture()
	away := filepath.Join(h.Dir, "away")
	if err := os.Rename(filepath.Join(h.Dir, "more"), away); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(h.Dir, "more"), 0o777); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if n, err := h.examine(ctx, "repair", &b); n != 1 || err != nil || !strings.Contains(b.String(), "devices that are not there") {
		t.Errorf("%d findings, %v\n%s", n, err, &b)
	}
	os.Remove(filepath.Join(h.Dir, "more"))
	if err := os.Rename(away, filepath.Join(h.Dir, "more")); err != nil {
		t.Fatal(err)
	}
	if after := h.picture(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestDoctorTwoPatients(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, "MIRRORDevices = 0")
	h.Keep("MAG0", sitetest.Image("A", 1), sitetest.Image("B", 1))
	if _, err := h.DB.SQL(ctx, "UPDATE DICOMSeries SET StudyInsta = '"+sitetest.Image("A", 1).String(dicom.StudyInstanceUID)+"' WHERE SeriesPat = 'B'"); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if _, err := h.examine(ctx, "", &b); err != nil || !strings.Contains(b.String(), "studies with two patients: 1") {
		t.Errorf("%v\n%s", err, &b)
	}
}

// age makes all files old enough for the doctor to judge them.
func (h *house) age() {
	past := time.Now().Add(-time.Hour)
	storage.WalkObjects(context.Background(), h.Dir, func(path string) error { return os.Chtimes(path, past, past) }, func(error) {})
}
