package pacs

import (
	"context"

	"conquest/dicom"
	"conquest/oplog"
	"conquest/pacs/delayed"
	"conquest/pacs/prefetch"
	"conquest/queue"
	"conquest/scripting"
	"conquest/storage"
)

// delayedDelete removes all matching objects.
func (s *PACS) delayedDelete(ctx context.Context, d scripting.Delayed) queue.Outcome {
	d.SeriesDesc = ""
	keys, _ := delayed.Identifier(d)
	if err := s.Remove.Matching(ctx, s.Live.Current(), keys); err != nil {
		s.Console.Event("*** delayed delete failed", "patient", d.PatientID, "error", err)
	}
	return queue.Done
}

// process runs a program, or a Lua file.
func (w *delayedWork) process(ctx context.Context, d scripting.Delayed) queue.Outcome {
	s := w.s
	if path, args, ok := d.LuaFile(); ok {
		s.LuaFile(ctx, w.caller, path, args)
		return queue.Done
	}
	if err := s.RunShell(ctx, d.Shell); err != nil {
		s.Console.Event("*** delayed process failed", "patient", d.PatientID, "error", err)
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
	oplog.PrefetchingPatient(s.Console, d.PatientID)
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.PatientID, d.PatientID)
	refs, err := s.Index.Locate(ctx, keys)
	if err != nil {
		s.Console.Event("*** prefetch failed", "patient", d.PatientID, "error", err)
		return queue.Done
	}
	dev := storage.NewDevices(s.Live.Current().Storage)
	for _, ref := range refs {
		if ctx.Err() != nil {
			return queue.Retry
		}
		if path, _, ok := dev.Locate(ref.Device, ref.File); ok {
			oplog.PrefetchingFile(s.Console, path)
			prefetch.Read(path)
		}
	}
	return queue.Done
}
