package load

import (
	"context"
	"fmt"

	"conquest/dicom"
	"conquest/oplog"
)

// Stored reads an object of the index.
func (s *Loader) Stored(ctx context.Context, patientID, sop string) (*dicom.Dataset, error) {
	loc, found, err := s.Index.Lookup(ctx, sop, patientID)
	if err != nil {
		return nil, fmt.Errorf("look object %s up: %w", sop, err)
	}
	if !found {
		return nil, fmt.Errorf("object %s of patient %s is not stored here", sop, patientID)
	}
	path, ok := s.Locate(s.Live.Current(), loc.Device, loc.File)
	if !ok {
		oplog.GUIFileNotFound(s.Console, loc.File)
		return nil, fmt.Errorf("no file %s on device %s", loc.File, loc.Device)
	}
	return s.ReadFile(ctx, path+*s.TestMode.Load())
}

// ByUIDs reads an object of the index by its three UIDs; when it is not
// there, virtual servers are asked to send it.
func (s *Loader) ByUIDs(ctx context.Context, study, series, sop string) (*dicom.Dataset, error) {
	cfg := s.Live.Current()
	_, found, err := s.Index.Lookup(ctx, sop, "")
	if err == nil && !found && cfg.ServerFor[0] != "" {
		keys := dicom.NewDataset(4)
		keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
		keys.SetString(dicom.StudyInstanceUID, study)
		keys.SetString(dicom.SeriesInstanceUID, series)
		keys.SetString(dicom.SOPInstanceUID, sop)
		err = s.virtual.FetchMatching(ctx, cfg, nil, keys)
	}
	if err != nil {
		return nil, fmt.Errorf("look object %s up: %w", sop, err)
	}
	ds, err := s.Stored(ctx, "", sop)
	if err != nil {
		return nil, err
	}
	if ds.String(dicom.StudyInstanceUID) != study || ds.String(dicom.SeriesInstanceUID) != series {
		return nil, fmt.Errorf("object %s is not of series %s of study %s", sop, series, study)
	}
	return ds, nil
}
