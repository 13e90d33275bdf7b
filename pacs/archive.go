package pacs

import (
	"context"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/pacs/life"
	"conquest/pacs/who"
	"conquest/storage"
)

// archiveHost is the server as the archive sees it.
type archiveHost struct{ s *PACS }

func (h archiveHost) Config() *dicomini.Config { return h.s.Live.Current() }

func (h archiveHost) Writer(cfg *dicomini.Config) storage.Writer { return h.s.Writer(cfg) }

func (h archiveHost) Lock(sop string) (unlock func()) { return h.s.Locks.Lock(sop) }

func (h archiveHost) Transcode(ctx context.Context, ds *dicom.Dataset, code string) error {
	return h.s.Transcode.Transcode(ctx, ds, code)
}

func (h archiveHost) Refused(err error, loc db.Location) { h.s.SayRefused(err, loc) }

func (h archiveHost) Mirror(ctx context.Context, path string, loc db.Location) {
	if err := h.s.Export.QueueMirror(ctx, h.s.Live.Current(), path, loc); err != nil {
		h.s.Console.Event("*** no mirror copy of a moved object", "error", err)
	}
}

func (h archiveHost) Remove(ctx context.Context, cfg *dicomini.Config, refs []db.ObjectRef) error {
	return h.s.Remove.Objects(ctx, cfg, nil, refs)
}

func (h archiveHost) Moved(ctx context.Context, sop, patient, from string, now db.Location) {
	if !h.s.Life.On() {
		return
	}
	e := life.Event{Kind: life.Moved, SOP: sop, Patient: patient, By: who.Of(ctx).String()}
	e.Set("from", from)
	e.Set("device", now.Device)
	e.Set("file", now.File)
	h.s.Life.Note(e)
}

func (h archiveHost) GiveRoom(cfg *dicomini.Config, enough func() bool) bool {
	return h.s.Remove.Undo.MakeRoom(cfg, enough)
}
