package browse

import (
	"context"

	"conquest/db"
	"conquest/dicom"
)

// Place is a study, a series of it, or an object of that.
type Place struct{ Study, Series, SOP string }

// Valid tells whether the UIDs that are there are such.
func (p Place) Valid() bool {
	return dicom.ValidUID(p.Study) && (p.Series == "" || dicom.ValidUID(p.Series)) && (p.SOP == "" || dicom.ValidUID(p.SOP))
}

// Keys select what is at the place.
func (p Place) Keys() *dicom.Dataset {
	keys := dicom.NewDataset(4)
	level := "STUDY"
	keys.SetString(dicom.StudyInstanceUID, p.Study)
	if p.Series != "" {
		level = "SERIES"
		keys.SetString(dicom.SeriesInstanceUID, p.Series)
	}
	if p.SOP != "" {
		level = "IMAGE"
		keys.SetString(dicom.SOPInstanceUID, p.SOP)
	}
	keys.SetString(dicom.QueryRetrieveLevel, level)
	return keys
}

// Refs are the objects at a place; [ErrNotFound] when there are none.
func (b *Browser) Refs(ctx context.Context, p Place) ([]db.ObjectRef, error) {
	if !p.Valid() {
		return nil, ErrNotFound
	}
	refs, err := b.Index.LocateQuietly(ctx, p.Keys())
	if err == nil && len(refs) == 0 {
		err = ErrNotFound
	}
	return refs, err
}

// String names a place in words.
func (p Place) String() string {
	switch {
	case p.SOP != "":
		return "object " + p.SOP
	case p.Series != "":
		return "series " + p.Series
	}
	return "study " + p.Study
}
