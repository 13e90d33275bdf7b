package scripting

import (
	"testing"

	"conquest/dicom"
)

func TestScrub(t *testing.T) {
	const private = 0x00091001
	object := func() *dicom.Dataset {
		d := &dicom.Dataset{}
		d.SetString(dicom.StudyDescription, "text")
		d.SetString(dicom.PatientID, "P1")
		d.SetString(dicom.Modality, "CT")
		d.Put(dicom.NewText(private, dicom.SH, "secret"))
		return d
	}
	for _, c := range []struct {
		list string
		kept []dicom.Tag
	}{
		{"-00100020", []dicom.Tag{dicom.Modality, private, dicom.StudyDescription}},
		{"-0008", []dicom.Tag{private, dicom.PatientID}},
		{"-CS", []dicom.Tag{dicom.StudyDescription, dicom.PatientID}},
		{"-0010,priv", []dicom.Tag{dicom.Modality, dicom.StudyDescription}},
		{"+0010", []dicom.Tag{dicom.PatientID}},
		{"+CS", []dicom.Tag{dicom.Modality, private}},
		{"-", []dicom.Tag{dicom.Modality, dicom.StudyDescription, private, dicom.PatientID}},
		{"0008", []dicom.Tag{dicom.Modality, dicom.StudyDescription, private, dicom.PatientID}},
	} {
		d := object()
		Scrub(d, c.list)
		if d.Len() != len(c.kept) {
			t.Errorf("%s: %d elements stay, want %d", c.list, d.Len(), len(c.kept))
		}
		for _, tag := range c.kept {
			if !d.Has(tag) {
				t.Errorf("%s: %s removed", c.list, tag)
			}
		}
	}
}

func TestDeleteColumns(t *testing.T) {
	d, _, _ := script(testWorld(), "delete 00100010; delete study; delete PatientID")
	if d.Has(dicom.PatientName) || !d.Has(dicom.PatientID) {
		t.Errorf("name there: %v, ID there: %v", d.Has(dicom.PatientName), d.Has(dicom.PatientID))
	}
}
