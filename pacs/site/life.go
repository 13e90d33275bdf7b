package site

import (
	"context"
	"strings"

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

// Access is a question about patients' data, or the reading of them.
type Access struct {
	By             who.Actor
	Read           bool // objects were read; else it was a question
	Patient, Study string
	Class, Query   string // of a question
	Count          int    // objects, or answers
	Failed         bool
}

// Access tells of an access, if anybody wants to know.
func (s *Site) Access(a Access) {
	if s.Accessed != nil {
		s.Accessed(a)
	}
}

// KeysOf are the keys of an identifier in words.
func KeysOf(identifier *dicom.Dataset) string {
	var b strings.Builder
	for e := range identifier.All() {
		if v := e.String(); v != "" && len(e.Items) == 0 {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(dicom.CurrentDictionary().Keyword(e.Tag) + "=" + v)
		}
	}
	return b.String()
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
