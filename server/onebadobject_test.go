package server_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// TestOneBadObject goes on with the others of an association.
func TestOneBadObject(t *testing.T) {
	s := newSite(t)
	s.start()
	defer s.stop()
	a := s.dial([]string{dicom.ExplicitLittleEndian}, dicom.SecondaryCaptureImageStorage)
	send := func(sop string, data *dimse.Data) dimse.Status {
		_, err := a.Store(context.Background(), dimse.StoreRequest{SOPClassUID: dicom.SecondaryCaptureImageStorage, SOPInstanceUID: sop, Data: data})
		var status *dimse.StatusError
		if errors.As(err, &status) {
			return status.Status
		}
		if err != nil {
			t.Fatal(err)
		}
		return dimse.Success
	}
	explicit, _ := dicom.LookupTransferSyntax(dicom.ExplicitLittleEndian)
	if got := send("1.2.8.1", dimse.EncodedData([]byte("\x10\x00\x10\x00PN\xff\x00A^B"), explicit)); got != dimse.CannotUnderstand {
		t.Errorf("a cut object: %v", got)
	}
	long := image("BAD", "1.2.8", "1.2.8.1", strings.Repeat("1", 66), 1)
	if got := send("1.2.8.2", dimse.NewData(long)); got == dimse.Success {
		t.Error("a UID of 66 characters was taken")
	}
	noClass := image("BAD", "1.2.8", "1.2.8.1", "1.2.8.1.3", 1)
	noClass.Delete(dicom.SOPClassUID)
	if got := send("1.2.8.1.3", dimse.NewData(noClass)); got != dimse.Success {
		t.Errorf("without class: %v", got)
	}
	a.Release(context.Background())
	found := ""
	q := s.dial(nil, dimse.StudyRootFind)
	keys := new(dicom.Dataset)
	for _, v := range []struct {
		t dicom.Tag
		s string
	}{{dicom.QueryRetrieveLevel, "IMAGE"}, {dicom.StudyInstanceUID, "1.2.8"}, {dicom.SeriesInstanceUID, "1.2.8.1"}, {dicom.SOPInstanceUID, "1.2.8.1.3"}, {dicom.SOPClassUID, ""}} {
		keys.SetString(v.t, v.s)
	}
	for answer, err := range q.Find(context.Background(), dimse.Query{SOPClassUID: dimse.StudyRootFind, Identifier: keys}) {
		if err != nil {
			t.Fatal(err)
		}
		found = answer.String(dicom.SOPClassUID)
	}
	q.Release(context.Background())
	if found != dicom.SecondaryCaptureImageStorage {
		t.Errorf("class in the index: %q", found)
	}
}

// TestForgedOriginator stores an object whose sender claims that we asked for it:
// the import converters run, and nothing is written elsewhere.
func TestForgedOriginator(t *testing.T) {
	s := newSite(t, "ImportConverters = 1", "ImportConverter0 = destroy")
	s.start()
	defer s.stop()
	for _, mark := range []uint16{0xfbad, 0x2bad} {
		a := s.dial([]string{dicom.ExplicitLittleEndian}, dicom.SecondaryCaptureImageStorage)
		_, err := a.Store(context.Background(), dimse.StoreRequest{
			SOPClassUID: dicom.SecondaryCaptureImageStorage, SOPInstanceUID: "1.2.9.1.1", Data: dimse.NewData(image("FORGED", "1.2.9", "1.2.9.1", "1.2.9.1.1", 1)),
			MoveOriginator: s.ae, MoveOriginatorMessageID: mark,
		})
		if err != nil {
			t.Fatal(err)
		}
		a.Release(context.Background())
	}
	log := s.log()
	if strings.Contains(log, "Written file") || strings.Count(log, "which did not ask for it") != 2 {
		t.Errorf("log:\n%s", log)
	}
}
