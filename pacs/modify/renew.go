package modify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"conquest/dicom"
	"conquest/oplog"
)

// stageMerge is the stage of UIDs that merges replace.
const stageMerge = "(merge)"

var errMissingUIDs = errors.New("object does not contain correct UIDs")

// hasUIDs tells whether an object has the keys of all levels.
func hasUIDs(ds *dicom.Dataset) bool {
	for _, t := range []dicom.Tag{dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID} {
		if !ds.Has(t) {
			return false
		}
	}
	return true
}

// NewPatientID gives an object a new patient ID and the new UIDs that go with it.
func (s *Modifier) NewPatientID(_ context.Context, ds *dicom.Dataset, patientID string) error {
	if patientID == "" {
		oplog.NewIDEmpty(s.Console)
		return errors.New("new patient ID is empty")
	}
	if !hasUIDs(ds) {
		oplog.NewIDWithoutUIDs(s.Console)
		return errMissingUIDs
	}
	if err := s.renewUIDs(ds, ""); err != nil {
		oplog.NewIDFailed(s.Console)
		return err
	}
	ds.SetString(dicom.PatientID, patientID)
	oplog.NewID(s.Console, patientID)
	return nil
}

// renewUIDs replaces the instance UIDs of an object and of its sequences by
// those of a stage, in order of tags. Elements in keep stay.
func (s *Modifier) renewUIDs(ds *dicom.Dataset, stage string, keep ...dicom.Tag) error {
	dict := dicom.CurrentDictionary()
	for i := range ds.Len() {
		e := ds.At(i)
		for _, item := range e.Items {
			if err := s.renewUIDs(item, stage, keep...); err != nil {
				return err
			}
		}
		entry, _ := dict.Lookup(e.Tag)
		if len(e.Items) > 0 || entry.VR != dicom.UI || strings.Contains(entry.Keyword, "Class") ||
			e.Tag == dicom.TransferSyntaxUID || slices.Contains(keep, e.Tag) {
			continue
		}
		old := e.String()
		if old == "" {
			continue
		}
		uid, err := s.ChangeUID(context.Background(), old, "", stage, entry.Keyword)
		if err != nil {
			oplog.UIDNotChanged(s.Console, e.Tag.String(), entry.Keyword)
			return fmt.Errorf("change %s: %w", e.Tag, err)
		}
		oplog.ChangingUID(s.Console, e.Tag.String(), entry.Keyword)
		ds.Put(dicom.NewText(e.Tag, dicom.UI, uid))
	}
	return nil
}
