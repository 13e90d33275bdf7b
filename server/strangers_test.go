package server_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// TestUnreadableIdentifier answers queries and retrievals whose identifier can not be
// read; the association goes on.
func TestUnreadableIdentifier(t *testing.T) {
	s := newSite(t)
	s.start()
	defer s.stop()
	a := s.dial(nil, dimse.StudyRootFind, dimse.StudyRootMove, dimse.StudyRootGet)
	defer a.Release(context.Background())
	implicit, _ := dicom.LookupTransferSyntax(dicom.ImplicitLittleEndian)
	item := []byte("\x08\x00\x40\x11\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff")
	for name, data := range map[string][]byte{
		"cut":               []byte("\x10\x00\x20\x00\xff\x00\x00\x00A"),
		"nested":            bytes.Repeat(item, 50000),
		"length of 4 GB":    []byte("\x10\x00\x20\x00\xfe\xff\xff\xff"),
		"three bytes":       []byte("\x10\x00\x20"),
		"item out of place": []byte("\xfe\xff\x00\xe0\x08\x00\x00\x00\x10\x00\x20\x00"),
		"cut sequence":      item,
	} {
		for class, field := range map[string]dimse.CommandField{dimse.StudyRootFind: dimse.CFindRQ, dimse.StudyRootMove: dimse.CMoveRQ, dimse.StudyRootGet: dimse.CGetRQ} {
			c := dimse.Command{Field: field, AffectedSOPClassUID: class}
			if field == dimse.CMoveRQ {
				c.MoveDestination = s.ae
			}
			r, err := a.Request(context.Background(), a.ContextFor(class), c, dimse.EncodedData(data, implicit), nil)
			var status *dimse.StatusError
			if err != nil && !errors.As(err, &status) {
				t.Fatalf("%s, %v: %v", name, field, err)
			}
			if got := r.Command.Status; got>>12 != 0xc && got>>12 != 0xa {
				t.Errorf("%s, %v: status %v", name, field, got)
			}
		}
	}
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.QueryRetrieveLevel, "STUDY")
	keys.SetString(dicom.PatientID, "NONE")
	for _, err := range a.Find(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: keys}) {
		if err != nil {
			t.Errorf("a sound query afterwards: %v", err)
		}
	}
}

// TestStrangeFiles puts into incoming what is no file, and archives that hold too
// much: each is set aside with its reason, and the server serves on.
func TestStrangeFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such files")
	}
	s := newSite(t)
	incoming := filepath.Join(s.dir, "data", "incoming")
	if err := os.MkdirAll(incoming, 0o777); err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{"pipe.dcm": "FIFO", "pipe.hl7": "FIFO", "pipe.zip": "FIFO", "device.dcm": "device", "folder.dcm": "folder", "deep.zip": "within each other"}
	for _, name := range []string{"pipe.dcm", "pipe.hl7", "pipe.zip"} {
		makeFIFO(t, filepath.Join(incoming, name))
	}
	if err := errors.Join(os.Symlink("/dev/zero", filepath.Join(incoming, "device.dcm")), os.Symlink("/tmp", filepath.Join(incoming, "folder.dcm"))); err != nil {
		t.Fatal(err)
	}
	data := []byte("x")
	for i := range 30 {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create([]string{"b.zip", "a.dcm"}[min(1, 1-min(i, 1))])
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
		z.Close()
		data = b.Bytes()
	}
	if err := os.WriteFile(filepath.Join(incoming, "deep.zip"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	s.start()
	defer s.stop()
	for name, want := range reasons {
		path := filepath.Join(incoming, "rejected", name+".reason.txt")
		await(t, name+" set aside", func() bool { _, err := os.Stat(path); return err == nil })
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	a := s.dial(nil, dimse.Verification)
	if err := a.Echo(context.Background()); err != nil {
		t.Error(err)
	}
	a.Release(context.Background())
}

// TestPictureOnlyIntoTemporary: the file of wadorequest lies in a folder for
// temporary files, wherever links lead.
func TestPictureOnlyIntoTemporary(t *testing.T) {
	s := newSite(t)
	temporary := filepath.Join(s.dir, "data", "printer_files")
	t.Setenv("TMPDIR", temporary) // all of the test lies below the usual one
	s.start()
	defer s.stop()
	a := s.dial([]string{dicom.ExplicitLittleEndian}, dicom.SecondaryCaptureImageStorage)
	o := image("PIC", "1.2.7", "1.2.7.1", "1.2.7.1.1", 1)
	if _, err := a.Store(context.Background(), dimse.StoreRequest{SOPClassUID: dicom.SecondaryCaptureImageStorage, SOPInstanceUID: "1.2.7.1.1", Data: dimse.NewData(o)}); err != nil {
		t.Fatal(err)
	}
	a.Release(context.Background())
	outside := filepath.Join(s.dir, "outside.txt")
	if err := os.WriteFile(outside, []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		if err := errors.Join(os.Symlink(s.dir, filepath.Join(temporary, "up")), os.Symlink(outside, filepath.Join(temporary, "link.txt"))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{outside, filepath.Join(temporary, "..", "..", "outside.txt"), filepath.Join(temporary, "up", "outside.txt"), filepath.Join(temporary, "link.txt")} {
		s.run(`--wadorequest:PIC:1.2.7.1.1,,,,text/plain,,,,,` + file)
		if text, _ := os.ReadFile(outside); string(text) != "kept" {
			t.Fatalf("%s was written", file)
		}
	}
	file := filepath.Join(temporary, "fine.txt")
	s.run(`--wadorequest:PIC:1.2.7.1.1,,,,text/plain,,,,,` + file)
	if text, err := os.ReadFile(file); !strings.Contains(string(text), "1.2.7.1.1") {
		t.Errorf("%q, %v", text, err)
	}
}

// TestMemoryOfOneAssociation refuses work that needs more than MemoryPerAssociation
// with A700; the association, and others, go on.
func TestMemoryOfOneAssociation(t *testing.T) {
	s := newSite(t, "MemoryPerAssociation = 16", "ObjectMemory = 64", "AssociationMemory = 32")
	s.start()
	defer s.stop()
	a := s.dial([]string{dicom.ExplicitLittleEndian}, dimse.StudyRootFind, dicom.SecondaryCaptureImageStorage)
	defer a.Release(context.Background())
	explicit, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	items := append([]byte("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff"), bytes.Repeat([]byte{0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0}, 300_000)...)
	items = append(items, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0)
	for range 3 {
		for class, field := range map[string]dimse.CommandField{dimse.StudyRootFind: dimse.CFindRQ, dicom.SecondaryCaptureImageStorage: dimse.CStoreRQ} {
			c := dimse.Command{Field: field, AffectedSOPClassUID: class}
			if field == dimse.CStoreRQ {
				c.AffectedSOPInstanceUID = "1.2.12.1"
			}
			r, err := a.Request(context.Background(), a.ContextFor(class), c, dimse.EncodedData(items, explicit), nil)
			var status *dimse.StatusError
			if err != nil && !errors.As(err, &status) {
				t.Fatalf("%v: %v", field, err)
			}
			if r.Command.Status != dimse.OutOfResources {
				t.Errorf("%v: status %v", field, r.Command.Status)
			}
		}
	}
	for i, o := range []*dicom.Dataset{image("MEM", "1.2.12", "1.2.12.1", "1.2.12.1.1", 1), image("MEM", "1.2.12", "1.2.12.1", "1.2.12.1.2", 2)} {
		_, err := a.Store(context.Background(), dimse.StoreRequest{SOPClassUID: dicom.SecondaryCaptureImageStorage, SOPInstanceUID: o.String(dicom.SOPInstanceUID), Data: dimse.NewData(o)})
		if err != nil {
			t.Errorf("sound object %d afterwards: %v", i, err)
		}
	}
}
