package pacs

import (
	"context"

	"conquest/cformat"
	"conquest/dicom"
	"conquest/queue"
	"conquest/scripting"
)

// delayedSubmit carries out the delayed commands submit and submit2, which are
// not tried again.
func (s *PACS) delayedSubmit(ctx context.Context, d scripting.Delayed) queue.Outcome {
	keys := dicom.NewDataset(8)
	for _, k := range []struct {
		tag   dicom.Tag
		value string
	}{
		{dicom.PatientID, d.PatientID}, {dicom.StudyInstanceUID, d.StudyUID},
		{dicom.SeriesInstanceUID, d.SeriesUID}, {dicom.SOPInstanceUID, d.SOP},
	} {
		if k.value != "" {
			keys.SetString(k.tag, k.value)
		}
	}
	err := s.Submit.Send(ctx, keys, d.Script, func(archive string) error {
		if d.Verb == "submit" {
			return s.Submit.Pscp(ctx, archive, d.Target, d.Password)
		}
		return s.RunShell(ctx, cformat.Sprintf(d.Upload, archive, d.Target))
	})
	if err != nil {
		s.Console.Event("*** delayed submit failed", "patient", d.PatientID, "error", err)
	}
	return queue.Done
}
