package served

import (
	"context"
	"errors"
	"fmt"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dicomweb"
	"conquest/luabind"
	"conquest/pacs/store"
	"conquest/pacs/who"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// defaultCaller is the title under which web clients call (key DICOMwebAE).
const defaultCaller = "WEB"

// Failure reasons of PS3.18 table I.2-2.
const (
	reasonProcessing    = 0x0110
	reasonNoClass       = 0x0122
	reasonResources     = 0xA700
	reasonNotUnderstood = 0xC000
)

var errDraining = errors.New("the server is being drained and takes no new objects")

// Spool makes a file on the device that would take an object.
func (a *Archive) Spool(_ context.Context, start []byte, ts dicom.TransferSyntax) (dicomweb.Spool, error) {
	f, offset, err := a.store.Spool(start, ts)
	if err != nil {
		return dicomweb.Spool{}, &dicomweb.StoreError{Reason: reasonResources, Err: err}
	}
	return dicomweb.Spool{File: f, Offset: offset}, nil
}

// Store takes an object in as C-STORE does.
func (a *Archive) Store(ctx context.Context, r *dicomweb.Received) (dicomweb.Stored, error) {
	if a.Draining.Load() {
		return dicomweb.Stored{}, &dicomweb.StoreError{Reason: reasonResources, Err: errDraining}
	}
	cfg := a.Live.Current()
	if class := r.Dataset.String(dicom.SOPClassUID); !a.SOPs.Current().Allows(dicomini.AbstractSyntax, class) {
		return dicomweb.Stored{}, &dicomweb.StoreError{Reason: reasonNoClass, Err: fmt.Errorf("SOP class %s is not in dgatesop.lst", class)}
	}
	title := cfg.Value("DICOMwebAE")
	if title == "" {
		title = defaultCaller
	}
	caller := &rules.Party{CallingAE: title, CalledAE: cfg.MyACRNema, Variables: &scripting.Vars{}, State: &luabind.Session{}}
	defer caller.State.Close()
	in := &store.Incoming{
		Object: r.Dataset, Origin: store.Received, Caller: caller, Convert: true, Compression: cfg.IncomingCompression,
	}
	if r.Spool != nil {
		in.Spooled = r.Spool.File
	}
	ctx, done := a.Work(ctx, "object")
	defer done()
	before := r.Dataset.Clone()
	a.Counters.Received.Add(1)
	if who.Of(ctx) == (who.Actor{}) {
		ctx = who.With(ctx, who.Actor{Name: title, Way: "STOW-RS"})
	}
	_, err := a.store.Accept(ctx, cfg, in)
	a.Console.User("STOW-RS", title)
	if err != nil {
		return dicomweb.Stored{}, &dicomweb.StoreError{Reason: reasonOf(err), Err: err}
	}
	if r.Spool != nil && (in.Adopted || caller.State.Started()) {
		r.Spool.File.Close() // it has its name, or scripts may still look at what they read of it
		r.Spool.File = nil
	}
	d := in.Object
	return dicomweb.Stored{
		Ref:     dicomweb.Ref{Study: d.String(dicom.StudyInstanceUID), Series: d.String(dicom.SeriesInstanceUID), Instance: d.String(dicom.SOPInstanceUID)},
		Coerced: coerced(before, d),
	}, nil
}

// reasonOf is the failure reason for what the way in says.
func reasonOf(err error) uint16 {
	var missing *db.MissingUIDError
	var unkept *store.UnkeptError
	var sql *db.SQLError
	switch {
	case errors.As(err, &missing):
		return reasonNotUnderstood
	case errors.Is(err, storage.ErrNoSpace), errors.As(err, &unkept), errors.As(err, &sql):
		return reasonResources
	}
	return reasonProcessing
}

// coerced tells whether attributes other than those of the pixel data and of the
// encoding were changed.
func coerced(before, after *dicom.Dataset) bool {
	plain := func(d *dicom.Dataset) *dicom.Dataset {
		c := d.Clone()
		c.DeleteFunc(func(e *dicom.Element) bool {
			g := e.Tag.Group()
			return g == 2 || g == 0x28 || g >= 0x7f00 || e.Tag.IsGroupLength() || e.Bulk != nil
		})
		return c
	}
	return !dicom.Equal(plain(before), plain(after))
}
