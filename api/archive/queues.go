package archive

import (
	"context"
	"errors"
	"slices"

	"conquest/api"
	"conquest/pacs/letters"
	"conquest/pacs/outgoing"
	"conquest/queue"
)

// unknown is a destination that is not known yet.
const unknown = "-"

func shown(destination string) string {
	if destination == "" {
		return unknown
	}
	return destination
}

// Queues is outgoing work.
func (a *Archive) Queues(context.Context) (api.QueueList, error) {
	list := api.QueueList{Queues: []api.QueueLine{}, Files: []api.FailureFile{}}
	for _, l := range a.PACS.Outgoing() {
		list.Queues = append(list.Queues, queueLine(l))
	}
	files, err := a.PACS.FailureFiles()
	for _, f := range files {
		list.Files = append(list.Files, api.FailureFile(f))
	}
	return list, err
}

func queueLine(l outgoing.Line) api.QueueLine {
	return api.QueueLine{
		Kind: l.Kind, Queue: l.Queue, Rule: l.Rule, Destination: shown(l.Destination), State: l.State, Waiting: l.Waiting, Held: l.Held, Letters: l.Letters,
		Oldest: timeOf(l.Oldest), Rate: l.Rate, Done: l.Done, Failures: l.Failed, LastDone: timeOf(l.LastDone), LastFailed: timeOf(l.LastFailed),
		LastError: l.LastError, Words: l.Words, NextTry: timeOf(l.NextTry), PausedSince: timeOf(l.PausedSince),
	}
}

// QueueAct does something with the work of a kind for a destination.
func (a *Archive) QueueAct(_ context.Context, act api.QueueAct) (api.Done, error) {
	name := act.Destination
	if name == unknown {
		name = ""
	}
	desk := a.PACS.Letters()
	switch act.Action {
	case "pause", "resume":
		return a.gate(desk, act, name)
	case "move":
		if desk.Knows != nil && !desk.Knows(act.To) {
			return api.Done{}, api.Invalid("destination %q is not in acrnema.map", act.To)
		}
	}
	done := api.Done{Dry: act.Dry}
	found := false
	for _, s := range a.PACS.OutgoingSources() {
		if s.Kind != act.Kind {
			continue
		}
		for _, d := range s.Queue.Destinations() {
			if s.Shown(d.Name) != name {
				continue
			}
			found = true
			done.Held += d.Held
			done.Letters += d.Letters
			if act.Dry {
				continue
			}
			if err := queueAct(desk, s, d.Name, act); err != nil {
				return done, err
			}
		}
		found = found || slices.Contains(s.Targets, name)
	}
	if !found {
		return done, api.ErrNotFound
	}
	if !act.Dry {
		a.PACS.Console.Event("queue: "+act.Action, "kind", act.Kind, "destination", act.Destination, "to", act.To, "held", done.Held, "letters", done.Letters)
	}
	return done, nil
}

func queueAct(desk *letters.Desk, s outgoing.Source, destination string, act api.QueueAct) error {
	sel := letters.Selection{Queue: s.Queue.Name(), Destination: destination}
	if destination == "" && act.Action != "retry" {
		return api.Invalid("where it goes is not known: name single letters")
	}
	var err error
	switch act.Action {
	case "retry":
		s.Queue.TryNow(destination)
		if destination != "" {
			_, err = desk.Retry(sel)
		}
	case "move":
		_, err = desk.Move(sel, act.To)
	case "drop":
		_, err = desk.Purge(sel)
	}
	return err
}

// gate pauses or resumes a destination, for all kinds.
func (a *Archive) gate(desk *letters.Desk, act api.QueueAct, name string) (api.Done, error) {
	for _, s := range a.PACS.OutgoingSources() {
		if s.Kind == act.Kind {
			name = s.Real(name)
		}
	}
	if name == "" {
		return api.Done{}, api.Invalid("where it goes is not known")
	}
	paused := slices.ContainsFunc(desk.Gate.List(), func(p queue.Pause) bool { return p.Destination == name })
	if act.Dry || paused == (act.Action == "pause") {
		return api.Done{Dry: act.Dry}, nil
	}
	do := desk.Pause
	if act.Action == "resume" {
		do = desk.Resume
	}
	if err := do(name); err != nil {
		return api.Done{}, err
	}
	a.PACS.Console.Event("queue: "+act.Action, "destination", name)
	return api.Done{}, nil
}

// Letters are what was given up.
func (a *Archive) Letters(context.Context) ([]api.Letter, error) {
	var list []api.Letter
	for _, l := range a.PACS.Letters().List(letters.Selection{}) {
		list = append(list, api.Letter{
			Queue: l.Queue, ID: l.ID, Kind: l.Kind, Destination: shown(l.Destination), Object: l.Label, Patient: l.Patient, Reason: l.Reason,
			Words: outgoing.Words(l.Reason), Since: l.Since,
		})
	}
	return list, nil
}

// LetterAct does something with a letter.
func (a *Archive) LetterAct(_ context.Context, act api.LetterAct) (api.Done, error) {
	desk := a.PACS.Letters()
	sel := letters.Selection{Queue: act.Queue, ID: act.ID, One: true}
	if len(desk.List(sel)) == 0 {
		return api.Done{}, api.ErrNotFound
	}
	if act.Action == "move" && desk.Knows != nil && !desk.Knows(act.To) {
		return api.Done{}, api.Invalid("destination %q is not in acrnema.map", act.To)
	}
	if act.Dry {
		return api.Done{Letters: 1, Dry: true}, nil
	}
	var n int
	var err error
	switch act.Action {
	case "retry":
		n, err = desk.Retry(sel)
	case "skip":
		n, err = desk.Skip(sel)
	case "move":
		n, err = desk.Move(sel, act.To)
	}
	var gone *queue.LetterError
	if errors.As(err, &gone) {
		return api.Done{}, api.ErrNotFound
	}
	if err == nil {
		a.PACS.Console.Event("dead letter: "+act.Action, "queue", act.Queue, "id", act.ID, "to", act.To)
	}
	return api.Done{Letters: n}, err
}
