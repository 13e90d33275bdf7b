package server

import (
	"context"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/storage"
)

// archiveHost is the server as the archive sees it.
type archiveHost struct{ s *Server }

func (h archiveHost) Config() *dicomini.Config                       { return h.s.live.Current() }
func (h archiveHost) Writer(cfg *dicomini.Config) storage.Writer     { return h.s.writer(cfg) }
func (h archiveHost) Lock(sop string) (unlock func())                { return h.s.objects.lock(sop) }
func (h archiveHost) Transcode(ds *dicom.Dataset, code string) error { return h.s.transcode(ds, code) }
func (h archiveHost) Refused(err error, loc db.Location)             { h.s.sayRefused(err, loc) }

func (h archiveHost) Mirror(ctx context.Context, path string, loc db.Location) {
	if err := h.s.queueMirror(ctx, h.s.live.Current(), stored{path: path, loc: loc}); err != nil {
		h.s.con.Event("*** no mirror copy of a moved object", "error", err)
	}
}

func (h archiveHost) Remove(ctx context.Context, cfg *dicomini.Config, refs []db.ObjectRef) error {
	return h.s.removeObjects(ctx, cfg, nil, refs)
}
