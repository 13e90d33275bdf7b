package store

import (
	"context"
	"errors"
	"path/filepath"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/pacs/arriving"
	"conquest/pacs/quarantine"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// UnkeptError tells that what is promised with an object (exports, mirror copy,
// delayed commands) can not be kept on disk: the object is not acknowledged, and its
// sender may send it again later.
type UnkeptError struct{ err error }

func (e *UnkeptError) Error() string { return "work for the object can not be kept: " + e.err.Error() }
func (e *UnkeptError) Unwrap() error { return e.err }

// Comment is for the sender, without names of files.
func (e *UnkeptError) Comment() string {
	return "out of resources: work for the object can not be kept"
}

func (s *Store) unkept(in *Incoming, err error) error {
	s.Console.Event("*** object refused: work for it can not be kept", "sop", in.Object.String(dicom.SOPInstanceUID),
		"patient", in.Object.String(dicom.PatientID), "calling", in.Caller.Calling(), "error", err)
	return &UnkeptError{err}
}

// newQuarantine is where objects go whose converter failed.
func (s *Store) newQuarantine() *quarantine.Quarantine {
	return &quarantine.Quarantine{
		Dir: func() string {
			return filepath.Join(storage.NewDevices(s.Live.Current().Storage).MAG(0), quarantine.Folder)
		},
		Writer:  func() storage.Writer { return s.Writer(s.Live.Current()) },
		Release: s.release,
		Say:     s.SayLine,
	}
}

// putApart puts an object whose converter failed in quarantine.
func (s *Store) putApart(in *Incoming, out rules.Outcome) error {
	if in.Released {
		return errors.New(out.Converter + " failed again: " + out.Failure)
	}
	note := quarantine.Note{Reason: out.Failure, Converter: out.Converter, Calling: in.Caller.Calling(), Called: in.Caller.Called()}
	if err := s.Quarantine.Keep(in.Object, note); err != nil {
		return s.unkept(in, err)
	}
	s.Console.Event("*** object is in quarantine: its converter failed", "converter", out.Converter, "sop", in.Object.String(dicom.SOPInstanceUID),
		"patient", in.Object.String(dicom.PatientID), "calling", in.Caller.Calling(), "failure", out.Failure)
	return nil
}

// release takes an object out of quarantine: it arrives once more.
func (s *Store) release(ctx context.Context, d *dicom.Dataset, n quarantine.Note) error {
	caller := &rules.Party{CallingAE: n.Calling, CalledAE: n.Called, Variables: &scripting.Vars{}, State: &luabind.Session{}}
	defer caller.State.Close()
	cfg := s.Live.Current()
	_, err := s.Accept(ctx, cfg, &Incoming{
		Object: d, Origin: Received, Caller: caller, Convert: true, Released: true, Compression: cfg.IncomingCompression,
	})
	return err
}

// arrivingHost is the server as the recovery of arrivals sees it.
type arrivingHost struct{ s *Store }

var _ arriving.Host = arrivingHost{}

func (h arrivingHost) Config() *dicomini.Config { return h.s.Live.Current() }
func (h arrivingHost) Lock(sop string) func()   { return h.s.Locks.Lock(sop) }
func (h arrivingHost) RemoveMirror(loc db.Location) {
	h.s.remove.MirrorCopy(storage.NewDevices(h.Config().Storage), loc)
}

func (h arrivingHost) Entered(ctx context.Context, path string, loc db.Location) error {
	h.s.noteRecovered(path, loc)
	return h.s.export.QueueMirror(ctx, h.Config(), path, loc)
}

// RecoverUnderWay makes index and files agree about the objects that a killed process
// was storing. It runs when this process has the port of the site.
func (s *Store) RecoverUnderWay(ctx context.Context) {
	s.arriving.Recover(ctx, arrivingHost{s}, s.Index, s.Console)
}
