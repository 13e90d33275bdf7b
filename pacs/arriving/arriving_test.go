package arriving

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/pacs/sitetest"
	"conquest/storage"
)

// host is a site that tells what was entered again.
type host struct {
	*sitetest.Site
	entered, removed []string
}

func (h *host) Config() *dicomini.Config { return h.Live.Current() }
func (h *host) Lock(string) func()       { return func() {} }

func (h *host) Entered(_ context.Context, _ string, loc db.Location) error {
	h.entered = append(h.entered, loc.File)
	return nil
}

func (h *host) RemoveMirror(loc db.Location) { h.removed = append(h.removed, loc.File) }

func newHost(t *testing.T) *host {
	h := &host{Site: sitetest.New(t)}
	if err := os.MkdirAll(h.folder(), 0o777); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *host) folder() string { return filepath.Join(h.Dir, "data", "printer_files") }

// write writes a file that has no row yet.
func (h *host) write(file string, d *dicom.Dataset) {
	h.T.Helper()
	if err := (storage.Writer{}).WriteTo(filepath.Join(h.Dir, "data", file), d); err != nil {
		h.T.Fatal(err)
	}
}

func (h *host) index(file string, d *dicom.Dataset) {
	h.T.Helper()
	if _, err := h.DB.Add(context.Background(), d, db.Location{File: file, Device: "MAG0"}); err != nil {
		h.T.Fatal(err)
	}
}

func (h *host) recover() {
	New(h.folder(), "1", journal.Options{}).Recover(context.Background(), h, h.DB, h.Console)
}

// rows are the files of the index.
func (h *host) rows() string {
	h.T.Helper()
	list, err := h.DB.Query(context.Background(), "DICOMImages", "ObjectFile", "", "")
	if err != nil {
		h.T.Fatal(err)
	}
	var files []string
	for _, r := range list {
		files = append(files, strings.TrimSpace(r[0]))
	}
	slices.Sort(files)
	return strings.Join(files, " ")
}

func (h *host) exists(file string) bool {
	_, err := os.Stat(filepath.Join(h.Dir, "data", file))
	return err == nil
}

// image is version n of object number i of patient A.
func image(i, version int) *dicom.Dataset {
	d := sitetest.Image("A", i)
	d.SetString(dicom.NewTag(0x0010, 0x4000), fmt.Sprint("version ", version))
	return d
}

func sop(d *dicom.Dataset) string { return d.String(dicom.SOPInstanceUID) }

// Only what was under way is entered, in order.
func TestOpenObjectsAreEntered(t *testing.T) {
	h := newHost(t)
	l := New(h.folder(), "1", journal.Options{})
	for i := range 5 {
		d := image(i, 1)
		file := fmt.Sprintf("A/%d.dcm", i)
		done := l.Enter(Arrival{Device: "MAG0", File: file, SOP: sop(d)})
		h.write(file, d)
		if i%2 == 0 {
			done() // and deleted on purpose later
		}
	}
	h.recover()
	if !slices.Equal(h.entered, []string{"A/1.dcm", "A/3.dcm"}) || h.rows() != "A/1.dcm A/3.dcm" {
		t.Errorf("entered %q, rows %q", h.entered, h.rows())
	}
	if left, _ := filepath.Glob(filepath.Join(h.folder(), prefix+"*")); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func TestReplacedFiles(t *testing.T) {
	old := &db.Location{File: "A/1.dcm", Device: "MAG0"}
	x, y := image(1, 2), image(2, 1)
	tests := []struct {
		name     string
		setup    func(h *host)
		rows     string
		oldStays bool
	}{
		{"killed before the index", func(h *host) {
			h.write("A/1.dcm", image(1, 1))
			h.index("A/1.dcm", image(1, 1))
			h.write("A/9.dcm", x)
		}, "A/9.dcm", false},
		{"killed before the removal", func(h *host) {
			h.write("A/1.dcm", image(1, 1))
			h.write("A/9.dcm", x)
			h.index("A/9.dcm", x)
		}, "A/9.dcm", false},
		{"another object took the name", func(h *host) {
			h.write("A/9.dcm", x)
			h.index("A/9.dcm", x)
			h.write("A/1.dcm", y)
			h.index("A/1.dcm", y)
		}, "A/1.dcm A/9.dcm", true},
		{"the file never got its name", func(h *host) {
			h.write("A/1.dcm", image(1, 1))
			h.index("A/1.dcm", image(1, 1))
		}, "A/1.dcm", true},
		{"stored elsewhere meanwhile", func(h *host) {
			h.write("A/1.dcm", y)
			h.write("A/9.dcm", x)
			h.write("A/10.dcm", x)
			h.index("A/10.dcm", x)
		}, "A/10.dcm", true},
		{"the new name is that of another object", func(h *host) {
			h.write("A/1.dcm", image(1, 1))
			h.index("A/1.dcm", image(1, 1))
			h.write("A/9.dcm", y)
			h.index("A/9.dcm", y)
		}, "A/1.dcm A/9.dcm", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t)
			New(h.folder(), "1", journal.Options{}).Enter(Arrival{Device: "MAG0", File: "A/9.dcm", SOP: sop(x), Old: old})
			tt.setup(h)
			h.recover()
			if h.rows() != tt.rows || h.exists("A/1.dcm") != tt.oldStays {
				t.Errorf("rows %q, the old file is there: %v", h.rows(), h.exists("A/1.dcm"))
			}
			if (len(h.removed) == 0) != tt.oldStays {
				t.Errorf("mirror copies removed: %q", h.removed)
			}
		})
	}
}

// Logs of earlier versions name finished objects too: they take nothing away and
// change nothing that is in the index.
func TestLogOfAnEarlierVersion(t *testing.T) {
	h := newHost(t)
	h.write("A/1.dcm", image(1, 1))
	h.write("A/2.dcm", image(2, 1))
	h.index("A/2.dcm", image(2, 1))
	h.write("A/9.dcm", image(3, 1))
	text := `{"d":"MAG0","f":"A/1.dcm"}
{"d":"MAG0","f":"A/2.dcm","old":{"File":"A/9.dcm","Device":"MAG0"}}
{"d":"MAG0","f":"A/5.dcm"}
{"d":"MAG0","f":"A/`
	if err := os.WriteFile(filepath.Join(h.folder(), "arriving-1-77-5-1.log"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	h.recover()
	if !slices.Equal(h.entered, []string{"A/1.dcm"}) || h.rows() != "A/1.dcm A/2.dcm" || !h.exists("A/9.dcm") {
		t.Errorf("entered %q, rows %q, old file %v", h.entered, h.rows(), h.exists("A/9.dcm"))
	}
}

// The log of another server is left alone while that may live.
func TestLogsOfOthers(t *testing.T) {
	h := newHost(t)
	other := New(h.folder(), "12", journal.Options{})
	idle := New(h.folder(), "13", journal.Options{})
	idle.Enter(Arrival{Device: "MAG0", File: "B.dcm"})()
	h.write("A/1.dcm", image(1, 1))
	other.Enter(Arrival{Device: "MAG0", File: "A/1.dcm", SOP: sop(image(1, 1))})
	h.recover()
	if len(h.entered) != 0 {
		t.Errorf("entered %q", h.entered)
	}
	long := time.Now().Add(-time.Hour)
	os.Chtimes(other.path, long, long)
	os.Chtimes(idle.path, long, long)
	h.recover()
	if len(h.entered) != 1 {
		t.Errorf("entered %q", h.entered)
	}
	if _, err := os.Stat(idle.path); err != nil {
		t.Error("the log of a server that is idle is gone")
	}
}

func TestLogThatCanNotBeWritten(t *testing.T) {
	var told []error
	l := New(filepath.Join(t.TempDir(), "missing"), "1", journal.Options{Tell: func(err error) { told = append(told, err) }})
	for range 3 {
		l.Enter(Arrival{Device: "MAG0", File: "A.dcm"})()
	}
	if len(told) != 1 {
		t.Errorf("told %q", told)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	var none *Log
	none.Enter(Arrival{})()
	none.Close()
}
