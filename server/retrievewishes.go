package server

import (
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
)

// retrieveWishes are the private elements of the command or the identifier
// that change what is sent.
type retrieveWishes struct {
	maxVR          int // of .v2 files longer values are left out
	maxRows, frame int
	hasFrame       bool
	scrub          string
	recompress     string
	script         string
	split          string
	maxSlices      int
	hasMaxSlices   bool
	originator     string
}

func wishesOf(command, identifier *dicom.Dataset) retrieveWishes {
	var w retrieveWishes
	num := func(t dicom.Tag) (int, bool) {
		if n, ok := number(command, t); ok {
			return n, true
		}
		return number(identifier, t)
	}
	text := func(t dicom.Tag) string {
		if v := command.String(t); v != "" {
			return v
		}
		return identifier.String(t)
	}
	w.maxVR, _ = number(command, tagMaxVRSize)
	w.maxRows, _ = num(tagMaxRowsColumns)
	w.frame, w.hasFrame = num(tagFrame)
	w.maxSlices, w.hasMaxSlices = num(tagMaxSlices)
	w.scrub, w.recompress = text(tagScrub), text(tagRecompression)
	if highest, ok := number(command, tagMaxNKI); ok {
		w.recompress = limitNKI(w.recompress, highest)
	}
	w.script, w.split = text(tagScript), text(tagSplit)
	w.originator = command.String(tagMoveOriginator)
	return w
}

// limit keeps the part of the objects that was asked for: the first so many, and
// of these "k/n", the first part when there are not so many parts. reduced tells
// that something was asked for.
func (r *retrieval) limit() (reduced bool) {
	w := r.wishes
	if w.hasMaxSlices && w.maxSlices < len(r.refs) {
		r.refs = r.refs[:max(w.maxSlices, 0)]
	}
	a, b, _ := strings.Cut(w.split, "/")
	part, parts := dicomini.Atoi(a), dicomini.Atoi(b)
	if parts < 2 {
		return w.hasMaxSlices
	}
	if part >= parts {
		part = 0
	}
	var kept []db.ObjectRef
	for i, ref := range r.refs {
		if i%parts == part {
			kept = append(kept, ref)
		}
	}
	r.refs = kept
	return true
}
