package site

import (
	"context"

	"conquest/db"
	"conquest/dicom"
	"conquest/pacs/life"
	"conquest/pacs/who"
	"conquest/rules"
)

// LifeOf is an event of an object, with its identifiers.
func LifeOf(kind string, ds *dicom.Dataset) life.Event {
	return life.Event{
		Kind: kind, SOP: ds.String(dicom.SOPInstanceUID), Series: ds.String(dicom.SeriesInstanceUID), Study: ds.String(dicom.StudyInstanceUID),
		Patient: ds.String(dicom.PatientID), Accession: ds.String(dicom.AccessionNumber),
	}
}

// LifeOfRow is an event of an object of the index.
func LifeOfRow(kind string, ref db.ObjectRef) life.Event {
	return life.Event{Kind: kind, SOP: ref.SOPInstanceUID, Series: ref.SeriesInstanceUID, Study: ref.StudyInstanceUID, Patient: ref.PatientID}
}

// Actor is in whose name something is done: as the context says, else the caller, by
// way.
func Actor(ctx context.Context, caller rules.Caller, way string) who.Actor {
	a := who.Of(ctx)
	if a.Way == "" {
		a.Way = way
	}
	if a.Name == "" && caller != nil {
		a.Name = caller.Calling()
		if caller.Address() != rules.NoAddress {
			a.Address = caller.Address()
		}
	}
	return a
}
