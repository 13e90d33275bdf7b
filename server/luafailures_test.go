package server

import (
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/pacs/sitetest"
	"conquest/storage"
)

// TestLuaNameFails refuses an object whose FileNameSyntax ends with an error, and says
// why.
func TestLuaNameFails(t *testing.T) {
	h := newHouse(t, "FileNameSyntax = lua:Data.PatientID .. Data.PatientAge .. '.dcm'")
	if _, err := h.store(sitetest.Image("A", 1)); err == nil {
		t.Error("accepted without a name")
	}
	want := "attempt to concatenate field 'PatientAge' (a nil value)"
	if lines := h.log.Take("lua run error"); len(lines) != 1 || !strings.Contains(lines[0], want) {
		t.Errorf("log %q, want %q", lines, want)
	}
	h.mustStore(sitetest.Image("A", 2, dicom.Tag(0x00101010), "050Y"))
	if !storage.Exists(filepath.Join(h.dir, "data", "A050Y.dcm")) {
		t.Error("no file A050Y.dcm")
	}
}

// TestLuaUnknownUID names a UID without original in the log, with a stage and without.
func TestLuaUnknownUID(t *testing.T) {
	h := newHouse(t, "[lua]",
		"ImportConverter0 = Data.PatientComments = tostring(changeuidback(Data.PatientID, nil)) .. tostring(changeuidback(Data.PatientID, 'first'))", "[sscscp]")
	ds := sitetest.Image("A", 1)
	h.Console.DebugChannel().Send(h.log)
	h.mustStore(ds)
	if got := ds.String(patientComments); got != "nilnil" {
		t.Errorf("originals %q", got)
	}
	if lines := h.log.Take("***ChangeUIDBack: Unable to locate new UID"); len(lines) != 2 {
		t.Errorf("log %q, want two lines", lines)
	}
}
