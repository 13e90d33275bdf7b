package pacs

import (
	"context"

	"conquest/db"
	"conquest/pacs/life"
	"conquest/pacs/site"
	"conquest/pacs/who"
)

// restored gives an object that was brought back its mirror copy, and notes it.
func (s *PACS) restored(ctx context.Context, path string, ref db.ObjectRef) {
	if err := s.Export.QueueMirror(ctx, s.Live.Current(), path, ref.Location); err != nil {
		s.Console.Event("*** no mirror copy of a restored object", "error", err)
	}
	if !s.Life.On() {
		return
	}
	e := site.LifeOfRow(life.Restored, ref)
	e.By = who.Of(ctx).String()
	e.Set("device", ref.Device)
	e.Set("file", ref.File)
	s.Life.Note(e)
}
