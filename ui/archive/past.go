package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"conquest/dicom"
	"conquest/pacs/life"
	"conquest/pacs/undo"
	"conquest/pacs/who"
	"conquest/ui"
	"conquest/web"
)

// inName is ctx for work that a reader of the pages asks for.
func inName(ctx context.Context) context.Context {
	c := web.CallerOf(ctx)
	a := who.Actor{Name: c.User, Way: "browser"}
	if c.Address.IsValid() {
		a.Address = c.Address.String()
	}
	return who.With(ctx, a)
}

// Deeds are deletions and changes that can be taken back.
func (a *Archive) Deeds() (list []ui.Deed, kept bool, err error) {
	found, err := a.PACS.Remove.Undo.List()
	for _, e := range found {
		list = append(list, ui.Deed{
			ID: e.ID, Kind: e.Kind, What: e.What, By: e.By, State: string(e.State), At: e.At, Until: e.Until, Objects: e.Objects, Bytes: e.Bytes, Patients: e.Patients,
		})
	}
	return list, len(list) > 0 || a.PACS.Live.Current().Number("UndoHours") > 0, err
}

// Undo takes a deed back.
func (a *Archive) Undo(ctx context.Context, id string) (ui.Undone, error) {
	res, err := a.PACS.Remove.Undo.Undo(inName(ctx), id)
	if errors.Is(err, undo.ErrUnknown) {
		err = fmt.Errorf("%w: %w", ui.ErrNotFound, err)
	}
	if err == nil {
		a.PACS.Console.Event("taken back", "deed", id, "restored", res.Restored, "present", res.Present, "failed", res.Failed, "by", who.Of(inName(ctx)))
	}
	return ui.Undone{Restored: res.Restored, Present: res.Present, Failed: res.Failed, Reasons: res.Reasons}, err
}

// mostEvents bounds the events that a page shows.
const mostEvents = 2000

// Life is what happened to an object, a series or a study.
func (a *Archive) Life(ctx context.Context, uid string) (list []ui.LifeEvent, on bool, err error) {
	if !dicom.ValidUID(uid) {
		return nil, false, ui.ErrNotFound
	}
	if !a.PACS.Life.On() {
		return nil, false, nil
	}
	found, err := a.PACS.Life.Find(ctx, life.Query{UID: uid, Limit: mostEvents})
	for i := range found {
		e := &found[i]
		event := ui.LifeEvent{Time: e.Time, Kind: e.Kind, Peer: e.Peer, By: e.By, SOP: e.SOP, Bad: e.Fact("error") != ""}
		for n := 0; n+1 < len(e.Facts); n += 2 {
			event.Facts = append(event.Facts, [2]string{e.Facts[n], e.Facts[n+1]})
		}
		list = append(list, event)
	}
	slices.SortStableFunc(list, func(a, b ui.LifeEvent) int { return a.Time.Compare(b.Time) })
	return list, true, err
}
