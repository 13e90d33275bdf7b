package store

import (
	"conquest/dicom"
	"conquest/oplog"
)

// namedBy are the elements that file names are made of, in the words of the log when
// one is missing (docs/original/storage.md 4).
var namedBy = []struct {
	tag  dicom.Tag
	name string
}{
	{dicom.InstanceNumber, "image number"}, {dicom.SeriesNumber, "Series number"}, {dicom.SeriesInstanceUID, "Series UID"},
	{dicom.StudyInstanceUID, "Study UID"}, {dicom.SOPInstanceUID, "SOP UID"}, {dicom.PatientID, "Patient ID"}, {dicom.PatientName, "Patient Name"},
}

// sayMissing tells what a name has to do without.
func (s *Store) sayMissing(ds *dicom.Dataset) {
	for _, n := range namedBy {
		if !ds.Has(n.tag) {
			oplog.MissingElement(s.Console, n.name)
		}
	}
}
