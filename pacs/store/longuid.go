package store

import (
	"fmt"

	"conquest/dicom"
	"conquest/dicomini"
)

// checkUIDs refuses an object with a UID that is longer than the index can tell
// from others (PS3.5 section 9.1), unless AllowLongUIDs is set.
func checkUIDs(cfg *dicomini.Config, ds *dicom.Dataset) error {
	if cfg.Switch("AllowLongUIDs") {
		return nil
	}
	for _, t := range []dicom.Tag{dicom.SOPInstanceUID, dicom.SeriesInstanceUID, dicom.StudyInstanceUID} {
		if n := len(ds.String(t)); n > dicom.MaxUIDLength {
			return fmt.Errorf("%s has %d characters, a UID has at most %d", dicom.CurrentDictionary().Keyword(t), n, dicom.MaxUIDLength)
		}
	}
	return nil
}
