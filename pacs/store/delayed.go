package store

import (
	"context"
	"fmt"
	"os"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/delayed"
)

// keepForDelayed keeps an object that was destroyed while a delayed command waits for it.
// One that was stored before, to be kept, is left as it is.
func (s *Store) keepForDelayed(ctx context.Context, cfg *dicomini.Config, in *Incoming) error {
	sop, patient := in.Object.String(dicom.SOPInstanceUID), in.Object.String(dicom.PatientID)
	if sop == "" {
		return nil
	}
	_, found, err := s.Index.Lookup(ctx, sop, patient)
	if err != nil {
		return fmt.Errorf("look object up: %w", err)
	}
	if found && !s.Delayed.HoldsOnly(sop) {
		return nil
	}
	res, err := s.keep(ctx, cfg, in, false)
	if err != nil || res.Path == "" {
		return err
	}
	fi, err := os.Stat(res.Path)
	if err != nil {
		return err
	}
	return s.Delayed.Keep(delayed.Kept{
		PatientID: patient, StudyUID: in.Object.String(dicom.StudyInstanceUID), SeriesUID: in.Object.String(dicom.SeriesInstanceUID),
		SOP: sop, File: res.Location.File, Device: res.Location.Device, Written: fi.ModTime(),
	})
}
