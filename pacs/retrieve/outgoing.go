package retrieve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"conquest/budget"
	"conquest/db"
	"conquest/dicom"
	"conquest/oplog"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// outgoing is an object read and prepared for sending.
type outgoing struct {
	number int // in the order of the retrieval, from 0
	ref    db.ObjectRef
	path   string
	ds     *dicom.Dataset
	file   *dicom.File
	memory *budget.Budget // what it needs
	err    error
}

func (o *outgoing) close() {
	if o.file != nil {
		o.file.Close()
	}
	o.memory.Close()
}

// sendBulk is the size from which values go from file to network without
// coming into memory as a whole.
const sendBulk = 256 << 10

// aheadDepth is the number of objects prepared ahead of the one being sent.
const aheadDepth = 4

// readAhead prepares the objects in order on a goroutine of its own. stop ends
// it and releases what was not sent.
func (r *Retrieval) readAhead(ctx context.Context) (ahead <-chan *outgoing, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ch := make(chan *outgoing, aheadDepth)
	r.ahead.Go("read ahead", func() {
		defer close(ch)
		for i, ref := range r.refs {
			o := r.prepareInTurn(ctx, ref)
			o.number = i
			if o.err == nil {
				oplog.ReadingAhead(r.s.Console, i)
			}
			select {
			case ch <- o:
			case <-ctx.Done():
				o.close()
				return
			}
		}
	})
	return ch, func() {
		cancel()
		for o := range ch {
			o.close()
		}
	}
}

// prepareInTurn prepares an object, again when those that are prepared already hold
// the memory that it needs.
func (r *Retrieval) prepareInTurn(ctx context.Context, ref db.ObjectRef) *outgoing {
	of := budget.From(ctx)
	for {
		o := r.prepare(ctx, ref)
		var refusal *budget.Error
		if !errors.As(o.err, &refusal) || refusal.Never() {
			return o
		}
		o.close()
		held := of.Used()
		if held == 0 || ctx.Err() != nil {
			return o
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookAgain):
		}
	}
}

// lookAgain is how long a retrieval waits for its own objects to be sent.
const lookAgain = 50 * time.Millisecond

// prepare reads an object, reduces it as asked and lets the converters see it.
func (r *Retrieval) prepare(ctx context.Context, ref db.ObjectRef) (o *outgoing) {
	o = &outgoing{ref: ref}
	ctx, _ = r.s.Work(ctx, "object") // ends with o.close
	o.memory = budget.From(ctx)
	defer func() {
		if p := recover(); p != nil {
			o.err = fmt.Errorf("prepare object: internal error: %v", p)
		}
	}()
	s := r.s
	r.awaitVirtual(ctx, &o.ref)
	ref = o.ref
	oplog.LocatingFile(s.Console, ref.Device, ref.File)
	o.file, o.path, o.err = s.openObject(ctx, storage.NewDevices(r.cfg.Storage), ref.Location)
	if o.err != nil {
		oplog.FileNotFound(s.Console, ref.File)
		return o
	}
	o.ds = o.file.Dataset
	if n := int64(r.wishes.MaxVR); n > 0 && strings.HasSuffix(strings.ToLower(o.path), ".v2") {
		o.ds.DeleteFunc(func(e *dicom.Element) bool { return e.Length() > n })
	}
	if r.wishes.MaxRows > 0 {
		o.err = s.transcode.Reduce(ctx, o.ds, r.wishes.MaxRows, r.wishes.Frame, r.wishes.HasFrame)
		if o.err != nil {
			return o
		}
	}
	if r.wishes.Scrub != "" {
		scripting.Scrub(o.ds, r.wishes.Scrub)
	}
	q := rules.Request{Object: o.ds, Command: r.q.Command, Caller: r.caller, Destination: r.q.Destination}
	s.Rules.Hook(ctx, r.cfg, scripting.RetrieveResult, 0, q)
	if r.wishes.Script != "" {
		s.Rules.Script(ctx, r.cfg, r.wishes.Script, q)
	}
	return o
}

// awaitVirtual waits for an object that is being fetched from a virtual server,
// and finds where it then is.
func (r *Retrieval) awaitVirtual(ctx context.Context, ref *db.ObjectRef) {
	if r.virtual == nil || r.virtual.Fetched == nil || !strings.Contains(ref.Device, ".") {
		return
	}
	arrived, done := r.s.Awaited.Await(ref.SOPInstanceUID)
	defer done()
	loc, found, err := r.s.Index.Lookup(ctx, ref.SOPInstanceUID, ref.PatientID)
	if err == nil && found && loc == ref.Location {
		select {
		case <-arrived:
		case <-r.virtual.Fetched:
		case <-ctx.Done():
		}
		loc, found, err = r.s.Index.Lookup(ctx, ref.SOPInstanceUID, ref.PatientID)
	}
	if err == nil && found {
		ref.Location = loc
	}
}

// openObject opens the file of an index row wherever it is.
func (s *Retriever) openObject(ctx context.Context, dev *storage.Devices, loc db.Location) (*dicom.File, string, error) {
	path, moved, ok := dev.Locate(loc.Device, loc.File)
	if !ok {
		return nil, "", fmt.Errorf("no file %s on device %s nor on any other", loc.File, loc.Device)
	}
	if moved != "" {
		oplog.OnWrongDevice(s.Console, moved, loc.Device)
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{BulkThreshold: sendBulk, Budget: budget.From(ctx)})
	if err != nil {
		return nil, path, fmt.Errorf("read object: %w", err)
	}
	return f, path, nil
}
