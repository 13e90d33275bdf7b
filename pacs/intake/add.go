package intake

import (
	"context"
)

// AddFile stores the object of a file, of the files of an archive, or the
// worklist entries of a .hl7 file. patientID other than "" gives the objects
// that ID and new UIDs. What failed is in the log already.
func (s *Intake) AddFile(ctx context.Context, path, patientID string) error {
	return s.take(ctx, path, source{ae: s.Live.Current().MyACRNema, patientID: patientID})
}
