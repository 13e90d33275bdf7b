package modify

import (
	"context"

	"conquest/db"
	"conquest/dicom"
	"conquest/pacs/life"
	"conquest/pacs/site"
)

// noteChanged tells the life line what became of an object: of the old one, and of the
// new one where it is another.
func (m *Modification) noteChanged(ctx context.Context, c *change, loc db.Location) {
	s := m.s
	if !s.Life.On() {
		return
	}
	by := site.Actor(ctx, m.caller, "").String()
	was := life.Event{Kind: life.Changed, SOP: c.sop, Patient: c.id, By: by}
	for _, r := range c.refs {
		was.Series, was.Study = r.SeriesInstanceUID, r.StudyInstanceUID
	}
	is := site.LifeOf(life.Changed, c.ds)
	is.By = by
	was.Set("how", m.done())
	was.Set("undo", m.deed.ID())
	if c.ds.String(dicom.SOPInstanceUID) == c.sop && is.Patient == c.id {
		was = is
		was.Set("how", m.done())
		was.Set("device", loc.Device)
		was.Set("file", loc.File)
		was.Set("undo", m.deed.ID())
		s.Life.Note(was)
		return
	}
	was.Set("became object", is.SOP)
	was.Set("became patient", is.Patient)
	was.Set("became study", is.Study)
	is.Set("how", m.done())
	is.Set("was object", c.sop)
	is.Set("was patient", c.id)
	is.Set("device", loc.Device)
	is.Set("file", loc.File)
	s.Life.Note(was, is)
}
