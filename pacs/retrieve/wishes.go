package retrieve

import (
	"strings"

	"conquest/db"
	"conquest/dicomini"
)

// Wishes are the private elements of the command or the identifier
// that change what is sent.
type Wishes struct {
	MaxVR          int // of .v2 files longer values are left out
	MaxRows, Frame int
	HasFrame       bool
	Scrub          string
	Recompress     string
	Script         string
	Split          string
	MaxSlices      int
	HasMaxSlices   bool
	Originator     string
}

// limit keeps the part of the objects that was asked for: the first so many, and
// of these "k/n", the first part when there are not so many parts. reduced tells
// that something was asked for.
func (r *Retrieval) limit() (reduced bool) {
	w := r.wishes
	if w.HasMaxSlices && w.MaxSlices < len(r.refs) {
		r.refs = r.refs[:max(w.MaxSlices, 0)]
	}
	a, b, _ := strings.Cut(w.Split, "/")
	part, parts := dicomini.Atoi(a), dicomini.Atoi(b)
	if parts < 2 {
		return w.HasMaxSlices
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
