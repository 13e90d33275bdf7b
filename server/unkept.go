package server

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

// unkeptError tells that what is promised with an object (exports, mirror copy,
// delayed commands) can not be kept on disk: the object is not acknowledged, and its
// sender may send it again later.
type unkeptError struct{ err error }

func (e *unkeptError) Error() string { return "work for the object can not be kept: " + e.err.Error() }
func (e *unkeptError) Unwrap() error { return e.err }

// comment is for the sender, without names of files.
func (e *unkeptError) comment() string {
	return "out of resources: work for the object can not be kept"
}

func (s *Server) unkept(in *arrival, err error) error {
	s.con.Event("*** object refused: work for it can not be kept", "sop", in.ds.String(dicom.SOPInstanceUID),
		"patient", in.ds.String(dicom.PatientID), "calling", in.caller.Calling(), "error", err)
	return &unkeptError{err}
}

// newQuarantine is where objects go whose converter failed.
func (s *Server) newQuarantine() *quarantine.Quarantine {
	return &quarantine.Quarantine{
		Dir: func() string {
			return filepath.Join(storage.NewDevices(s.live.Current().Storage).MAG(0), quarantine.Folder)
		},
		Writer:  func() storage.Writer { return s.writer(s.live.Current()) },
		Release: s.release,
		Say:     s.sayLine,
	}
}

// putApart puts an object whose converter failed in quarantine.
func (s *Server) putApart(in *arrival, out rules.Outcome) error {
	if in.released {
		return errors.New(out.Converter + " failed again: " + out.Failure)
	}
	note := quarantine.Note{Reason: out.Failure, Converter: out.Converter, Calling: in.caller.Calling(), Called: in.caller.Called()}
	if err := s.quarantine.Keep(in.ds, note); err != nil {
		return s.unkept(in, err)
	}
	s.con.Event("*** object is in quarantine: its converter failed", "converter", out.Converter, "sop", in.ds.String(dicom.SOPInstanceUID),
		"patient", in.ds.String(dicom.PatientID), "calling", in.caller.Calling(), "failure", out.Failure)
	return nil
}

// release takes an object out of quarantine: it arrives once more.
func (s *Server) release(ctx context.Context, d *dicom.Dataset, n quarantine.Note) error {
	caller := &rules.Party{CallingAE: n.Calling, CalledAE: n.Called, Variables: &scripting.Vars{}, State: &luabind.Session{}}
	defer caller.State.Close()
	cfg := s.live.Current()
	_, err := s.accept(ctx, cfg, &arrival{
		ds: d, origin: received, caller: caller, convert: true, released: true, compression: cfg.IncomingCompression,
	})
	return err
}

// arrivingHost is the server as the recovery of arrivals sees it.
type arrivingHost struct{ s *Server }

var _ arriving.Host = arrivingHost{}

func (h arrivingHost) Config() *dicomini.Config { return h.s.live.Current() }
func (h arrivingHost) Lock(sop string) func()   { return h.s.objects.lock(sop) }
func (h arrivingHost) RemoveMirror(loc db.Location) {
	h.s.removeMirror(storage.NewDevices(h.Config().Storage), loc)
}

func (h arrivingHost) Entered(ctx context.Context, path string, loc db.Location) error {
	return h.s.queueMirror(ctx, h.Config(), stored{path: path, loc: loc})
}
