package storage

import (
	"slices"
	"testing"

	"conquest/dicom"
	"conquest/oplog"
)

func TestFixImage(t *testing.T) {
	for _, c := range []struct {
		title string
		id    string // "-" is absent
		fixes Fixes
		want  string // raw value
		log   []string
	}{
		{"complete", "PAT001", Fixes{}, "PAT001", nil},
		{"absent", "-", Fixes{}, "00000000", []string{"Fiximage: Added patient ID"}},
		{"empty", "", Fixes{}, "00000000", []string{"Fiximage: Fixed empty patient ID"}},
		{"trailing blanks", "ABC   ", Fixes{}, "ABC ", []string{"Fiximage: truncated 3 trailing spaces from patient ID"}},
		{"Philips", "0012345678", Fixes{Philips: true}, "12345678", nil},
		{"Philips, three zeros", "0001234567", Fixes{Philips: true}, "1234567 ", nil},
		{"Philips, small number", "0000123456", Fixes{Philips: true}, "0000123456", nil},
		{"Kodak", "01234567", Fixes{Kodak: true}, "1234567 ", nil},
		{"Kodak, small number", "00123456", Fixes{Kodak: true}, "00123456", nil},
		{"nothing allowed", "", Fixes{AllowEmpty: true}, "", nil},
	} {
		ds := object(map[dicom.Tag]string{dicom.PatientName: "X"})
		if c.id != "-" {
			ds.Put(dicom.Element{Tag: dicom.PatientID, VR: dicom.LO, Value: []byte(c.id)})
		}
		var log []string
		FixImage(oplog.Lines(func(line string) { log = append(log, line) }), ds, c.fixes)
		if got := string(ds.Value(dicom.PatientID)); got != c.want {
			t.Errorf("%s: patient ID %q, want %q", c.title, got, c.want)
		}
		if !slices.Equal(log, c.log) {
			t.Errorf("%s: log %q, want %q", c.title, log, c.log)
		}
	}
}

func TestFixImageAddsNameAndUIDs(t *testing.T) {
	ds := object(map[dicom.Tag]string{dicom.PatientID: "P1", oldStudyUID: "1.2.3"})
	FixImage(oplog.Lines(func(string) {}), ds, Fixes{UIDs: true})
	if got := string(ds.Value(dicom.PatientName)); got != "NO NAME\x00" {
		t.Errorf("patient name %q", got)
	}
	if s, e := ds.String(dicom.StudyInstanceUID), ds.String(dicom.SeriesInstanceUID); s != "1.2.3" || e != "undefined" {
		t.Errorf("study %q, series %q", s, e)
	}
}
