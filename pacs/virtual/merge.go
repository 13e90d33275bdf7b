package virtual

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"conquest/db"
	"conquest/dicom"
)

// levelKeys is the unique key of each level.
var levelKeys = map[db.Level]dicom.Tag{
	db.PatientLevel: dicom.PatientID, db.StudyLevel: dicom.StudyInstanceUID,
	db.SeriesLevel: dicom.SeriesInstanceUID, db.ImageLevel: dicom.SOPInstanceUID,
	db.WorklistLevel: dicom.AccessionNumber,
}

// Merge sorts answers by the unique key of their level, shorter values first, and
// keeps the last of those with the same: the own answers come last. Answers
// without the key stay.
func Merge(all []*dicom.Dataset, level db.Level) []*dicom.Dataset {
	key := levelKeys[level]
	slices.SortStableFunc(all, func(a, b *dicom.Dataset) int {
		x, y := a.Value(key), b.Value(key)
		return cmp.Or(cmp.Compare((len(x)+1)/2, (len(y)+1)/2), bytes.Compare(bytes.ToLower(x), bytes.ToLower(y)))
	})
	kept := all[:0]
	for i, a := range all {
		if i+1 < len(all) && a.String(key) != "" && strings.EqualFold(a.String(key), all[i+1].String(key)) {
			continue
		}
		kept = append(kept, a)
	}
	return kept
}
