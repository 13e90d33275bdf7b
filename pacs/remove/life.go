package remove

import (
	"context"

	"conquest/db"
	"conquest/pacs/life"
	"conquest/pacs/site"
	"conquest/pacs/undo"
	"conquest/pacs/who"
)

// noteRemoved tells the life line that objects are gone.
func (s *Remover) noteRemoved(ctx context.Context, kind string, deed *undo.Deed, refs []db.ObjectRef, err error) {
	if err != nil || !s.Life.On() {
		return
	}
	s.noteGone(kind, who.Of(ctx).String(), deed.ID(), refs)
}

// noteGone notes objects in groups.
func (s *Remover) noteGone(kind, by, deed string, refs []db.ObjectRef) {
	const group = 200
	events := make([]life.Event, 0, min(len(refs), group))
	for _, ref := range refs {
		e := site.LifeOfRow(kind, ref)
		e.By = by
		e.Set("device", ref.Device)
		e.Set("file", ref.File)
		e.Set("undo", deed)
		if events = append(events, e); len(events) == group {
			s.Life.Note(events...)
			events = make([]life.Event, 0, group)
		}
	}
	s.Life.Note(events...)
}

// finished notes what the journal of an ended process says.
func (s *Remover) finished(e undo.Entry, refs []db.ObjectRef) {
	if s.Life.On() {
		s.noteGone(life.Deleted, e.By, e.ID, refs)
	}
}
