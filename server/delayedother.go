package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/delayed"
	"conquest/pacs/prefetch"
	"conquest/queue"
	"conquest/scripting"
	"conquest/storage"
)

// delayedDelete removes all matching objects.
func (s *Server) delayedDelete(ctx context.Context, d scripting.Delayed) queue.Outcome {
	d.SeriesDesc = ""
	keys, _ := delayed.Identifier(d)
	if err := s.deleteObjects(ctx, s.live.Current(), keys); err != nil {
		s.con.Event("*** delayed delete failed", "patient", d.PatientID, "error", err)
	}
	return queue.Done
}

// deleteObjects removes the objects that an identifier selects: rows first
// committed, then files and mirror copies.
func (s *Server) deleteObjects(ctx context.Context, cfg *dicomini.Config, keys *dicom.Dataset) error {
	return s.deleteCounted(ctx, cfg, keys, func() *job { return nil })
}

// deleteCounted is deleteObjects with a job that starts when the objects are
// known.
func (s *Server) deleteCounted(ctx context.Context, cfg *dicomini.Config, keys *dicom.Dataset, start func() *job) error {
	refs, err := s.db.Locate(ctx, keys)
	if err != nil {
		return fmt.Errorf("find objects to delete: %w", err)
	}
	s.con.Debug("RemoveFiles %d images", len(refs))
	job := start()
	defer job.end()
	return s.removeObjects(ctx, cfg, job, refs)
}

func (s *Server) removeObjects(ctx context.Context, cfg *dicomini.Config, job *job, refs []db.ObjectRef) error {
	if len(refs) == 0 {
		return nil
	}
	if err := s.db.Delete(ctx, refs...); err != nil {
		return fmt.Errorf("delete rows: %w", err)
	}
	dev := storage.NewDevices(cfg.Storage)
	for i, ref := range refs {
		s.con.Operator("Removing object: [%s:%s]", ref.Device, ref.File)
		path, _, ok := dev.Locate(ref.Device, ref.File)
		if ok && os.Remove(path) == nil {
			storage.RemoveEmpty(path[:len(path)-len(ref.File)], filepath.Dir(path))
		} else {
			s.con.Operator("***Could not remove IOD %s", dev.Path(ref.Device)+ref.File)
		}
		s.removeMirror(dev, ref.Location)
		job.at(i, len(refs))
	}
	return nil
}

// process runs a program, or a Lua file.
func (w *delayedWork) process(ctx context.Context, d scripting.Delayed) queue.Outcome {
	s := w.s
	if path, args, ok := d.LuaFile(); ok {
		env := s.env(w.caller)
		env.Lua(ctx, &scripting.Run{Env: env, Cache: s.scripts, Object: dicom.NewDataset(0), N: -1, Vars: w.caller.Variables},
			scripting.LuaChunk{Text: "dofile([[" + path + "]])", CommandLine: args, HasCommandLine: true, File: true, Start: scripting.Done})
		return queue.Done
	}
	if err := runShell(ctx, s.con, d.Shell); err != nil {
		s.con.Event("*** delayed process failed", "patient", d.PatientID, "error", err)
	}
	return queue.Done
}

// read reads all files of a patient, so that they are in the cache
// of the operating system or of an archive.
func (w *delayedWork) read(ctx context.Context, d scripting.Delayed) queue.Outcome {
	if w.prefetch == d.PatientID {
		return queue.Done
	}
	w.prefetch = d.PatientID
	s := w.s
	s.con.Operator("Prefetching patient %s", d.PatientID)
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.PatientID, d.PatientID)
	refs, err := s.db.Locate(ctx, keys)
	if err != nil {
		s.con.Event("*** prefetch failed", "patient", d.PatientID, "error", err)
		return queue.Done
	}
	dev := storage.NewDevices(s.live.Current().Storage)
	for _, ref := range refs {
		if ctx.Err() != nil {
			return queue.Retry
		}
		if path, _, ok := dev.Locate(ref.Device, ref.File); ok {
			s.con.Debug("Prefetching file: %s", path)
			prefetch.Read(path)
		}
	}
	return queue.Done
}
