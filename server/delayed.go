package server

import (
	"context"
	"fmt"
	"os"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/delayed"
	"conquest/queue"
	"conquest/rules"
	"conquest/scripting"
)

// delayedWork is what one worker of the delayed queue keeps from command to
// command.
type delayedWork struct {
	s        *Server
	caller   *rules.Party // keeps variables and Lua state
	prefetch string       // patient read last
}

// delayedHost is the server as the queue of delayed commands sees it.
type delayedHost struct{ s *Server }

func (h delayedHost) Config() *dicomini.Config { return h.s.live.Current() }
func (h delayedHost) Busy() bool               { return h.s.regen.Running() }
func (h delayedHost) Gate() *queue.Gate        { return h.s.gate }

func (h delayedHost) Remove(ctx context.Context, refs []db.ObjectRef) error {
	return h.s.removeObjects(ctx, h.s.live.Current(), nil, refs)
}

// resumeDelayed opens the queue of delayed commands.
func (s *Server) resumeDelayed() (err error) {
	var workers []delayedWork
	for _, c := range workerCallers(s.live.Current()) {
		workers = append(workers, delayedWork{s: s, caller: c})
	}
	byWorker := func(act func(*delayedWork, context.Context, scripting.Delayed) queue.Outcome) delayed.Action {
		return func(ctx context.Context, d scripting.Delayed) queue.Outcome {
			w := &workers[queue.FromContext(ctx).Worker]
			return act(w, ctx, d)
		}
	}
	s.delayed, err = delayed.Open(delayedHost{s}, map[string]delayed.Action{
		"forward": s.delayedForward, "get": s.delayedGet, "preretrieve": s.delayedGet,
		"delete": s.delayedDelete, "merge": s.delayedMerge,
		"process": byWorker((*delayedWork).process), "prefetch": byWorker((*delayedWork).read),
		"submit": s.delayedSubmit, "submit2": s.delayedSubmit,
	}, s.con)
	return err
}

// Queue enters a delayed command of a script.
func (e *environment) Queue(_ context.Context, d *scripting.Delayed) (added bool, err error) {
	if e.s.delayed == nil {
		e.s.con.Event("*** delayed command needs a running server", "command", d.Operation, "patient", d.PatientID)
		return false, nil
	}
	return e.s.delayed.Push(*d)
}

// stay keeps an object that was destroyed while a delayed command waits for it.
// One that was stored before, to be kept, is left as it is.
func (s *Server) stay(ctx context.Context, cfg *dicomini.Config, in *arrival) error {
	sop, patient := in.ds.String(dicom.SOPInstanceUID), in.ds.String(dicom.PatientID)
	if sop == "" {
		return nil
	}
	_, found, err := s.db.Lookup(ctx, sop, patient)
	if err != nil {
		return fmt.Errorf("look object up: %w", err)
	}
	if found && !s.delayed.Stays(sop) {
		return nil
	}
	res, err := s.keep(ctx, cfg, in, false)
	if err != nil || res.path == "" {
		return err
	}
	fi, err := os.Stat(res.path)
	if err != nil {
		return err
	}
	return s.delayed.Stay(delayed.Stay{
		PatientID: patient, StudyUID: in.ds.String(dicom.StudyInstanceUID), SeriesUID: in.ds.String(dicom.SeriesInstanceUID),
		SOP: sop, File: res.loc.File, Device: res.loc.Device, Written: fi.ModTime(),
	})
}
