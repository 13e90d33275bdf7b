package load

import (
	"context"
	"fmt"

	"conquest/dicom"
	"conquest/storage"
)

// Object reads a stored object into memory.
func (s *Loader) Object(ctx context.Context, patientID, sop string) (*dicom.Dataset, error) {
	loc, found, err := s.Index.Lookup(ctx, sop, patientID)
	if err != nil {
		return nil, fmt.Errorf("look object %s up: %w", sop, err)
	}
	if !found {
		return nil, fmt.Errorf("object %s of patient %s is not stored here", sop, patientID)
	}
	path, _, ok := storage.NewDevices(s.Live.Current().Storage).Locate(loc.Device, loc.File)
	if !ok {
		return nil, fmt.Errorf("no file %s on device %s", loc.File, loc.Device)
	}
	return s.ReadFile(ctx, path)
}
