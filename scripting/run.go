package scripting

import (
	"context"

	"conquest/dicom"
)

// Run is one run of a converter on one object: fill it, then call [Run.Import]
// or [Run.Export]. A Run belongs to one goroutine.
type Run struct {
	Env   Env
	Cache *Cache // may be nil: texts are compiled every time
	Trace Trace  // may be nil

	// Object is the data set worked on. For exports it may be nil: the file is
	// read when a statement first needs it.
	Object *dicom.Dataset
	// Command is the command set that came with the object, for Lua; may be nil.
	Command *dicom.Dataset

	Kind Kind
	// N is the converter number: -1 for scripts, -2 to log errors only, -3 to
	// log nothing.
	N int

	Calling string // %u
	Called  string // %c
	Thread  int    // number of the association, for channel *

	// Received are the values that filters saw: %m %s %o. nil: they are read
	// from the object.
	Received *Received
	Vars     *Vars // of the association; nil: variables are empty and not kept
	// Storage, when not nil, receives the preferred device of statement storage.
	Storage *string

	// Copies counts what became of the object elsewhere; may be nil. Runs on the
	// same object share it.
	Copies *Copies

	// File is the stored file of an export.
	File string

	unreadable bool // File could not be read
}

// Received are values of the object as they were before any converter, or as
// the export queue noted them. A field that is [Live] is read from the object.
type Received struct {
	Modality    string
	StationName string
	SOP         string
	PatientID   string // used by exports only
}

// Copies tells where else an object is, or will be looked for. An object that
// was to be forwarded or saved and is nowhere is not destroyed but rejected.
type Copies struct {
	Sent    int // immediate forwards and saves that succeeded
	Failed  int // immediate forwards and saves that failed
	Waiting int // delayed commands that will read the stored object
	// Unkept is why a delayed command could not be entered; nil: all were.
	Unkept error
	// Failure is what went wrong first in a script, "" when nothing did. Forwards
	// that fail are no failures of a script.
	Failure string
}

// Fail notes that the script did not do what it says.
func (r *Run) Fail(why string) {
	if c := r.copies(); c.Failure == "" {
		c.Failure = why
	}
}

// Live as a field of Received tells that the value is read from the object.
const Live = "\x00"

// Vars are the variables %x, %y and %z. They live as long as the association,
// or as the export queue.
type Vars struct {
	v [3]value
}

// Get is the value of variable 'x', 'y' or 'z'.
func (v *Vars) Get(name byte) string { return v.v[name-'x'].text }

// Set gives variable 'x', 'y' or 'z' a value.
func (v *Vars) Set(name byte, text string) {
	v.v[name-'x'] = value{text: text, spans: []span{{0, len(text), fromObject}}}
}

// Import runs text in the import dialect on r.Object.
func (r *Run) Import(ctx context.Context, text string) Code {
	return r.start(ctx, r.Cache.Get(ImportDialect, text), r.Kind, r.N, r.Received)
}

// Export runs text in the export dialect on r.File. The result is Defer, Retry
// when a forward failed and is to be tried again, or anything else for done.
func (r *Run) Export(ctx context.Context, text string) Code {
	return r.start(ctx, r.Cache.Get(ExportDialect, text), Export, r.N, r.Received)
}

// Script runs text in the import dialect with the association of r and another
// number: -1 for a script given by a command, -2 for Lua's script(). With
// received false, %m %s %o are read from the object.
func (r *Run) Script(ctx context.Context, text string, n int, received bool) Code {
	var rec *Received
	if received {
		rec = r.Received
	}
	return r.start(ctx, r.Cache.Get(ImportDialect, text), Import, n, rec)
}
