// Package outgoing tells how outgoing work stands, for each kind and destination:
// how much waits and since when, how fast it goes, what went through last and what
// failed, in plain words. Commands, API, pages and metrics use the same lines.
package outgoing

import (
	"cmp"
	"slices"
	"time"

	"conquest/queue"
)

// Queue has work for destinations; a [queue.Queue] is one.
type Queue interface {
	Name() string
	State() queue.State
	Destinations() []queue.Destination
	TryNow(destination string) int
}

// Source is a queue with what it is for.
type Source struct {
	Kind string // export, mirror, delayed, commitment
	Rule string // the converter, for an export
	// Targets are the destinations that the rule names; what waits may go to each
	// of them.
	Targets []string
	// Collected is what waits for its time, by destination; may be nil.
	Collected map[string]Collected
	// Names are what destinations are called that are no AE titles, such as folders;
	// may be nil.
	Names map[string]string
	Queue Queue
}

// Shown is a destination as lines name it.
func (s Source) Shown(destination string) string {
	return cmp.Or(s.Names[destination], destination)
}

// Real is a destination of a line as the queue names it.
func (s Source) Real(shown string) string {
	for real, name := range s.Names {
		if name == shown {
			return real
		}
	}
	return shown
}

// Collected is work that waits for its time.
type Collected struct {
	Count  int
	Oldest time.Time
	Due    time.Time // of the next
}

// States of a line.
const (
	Idle    = "idle"    // nothing waits
	Working = "working" // what waits is on its way
	Failing = "failing" // the last attempt failed, it is tried again
	Paused  = "paused"  // somebody said so
)

// Line is the work of a kind for a destination.
type Line struct {
	Kind, Queue, Rule string
	Destination       string // "" when it is not known yet
	State             string
	// Waiting was not tried yet. Of an export it is all that waits for the rule: where
	// it goes is known when it runs.
	Waiting int
	Held    int // failed, tried again by itself
	Letters int // given up
	Oldest  time.Time
	// Rate is done a minute, over the last five; Done and Failed count since the start.
	Rate                 float64
	Done, Failed         uint64
	LastDone, LastFailed time.Time
	LastError            string // as the peer or the system said it
	Words                string // the same in plain words
	NextTry              time.Time
	PausedSince          time.Time
}

// Lines are all of them, by kind, rule and destination.
func Lines(sources []Source, gate *queue.Gate) []Line {
	paused := map[string]time.Time{}
	for _, p := range gate.List() {
		paused[p.Destination] = p.Since
	}
	var list []Line
	for _, s := range sources {
		list = append(list, s.lines(paused)...)
	}
	slices.SortStableFunc(list, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Destination, b.Destination))
	})
	return list
}

func (s Source) lines(paused map[string]time.Time) []Line {
	state := s.Queue.State()
	all := map[string]*Line{}
	at := func(name string) *Line {
		if all[name] == nil {
			all[name] = &Line{Kind: s.Kind, Queue: s.Queue.Name(), Rule: s.Rule, Destination: name}
		}
		return all[name]
	}
	for _, name := range s.Targets {
		at(name)
	}
	known := 0
	for _, d := range s.Queue.Destinations() {
		l := at(s.Shown(d.Name))
		l.Waiting, l.Held, l.Letters, l.Oldest = d.Waiting, d.Held, d.Letters, d.Oldest
		l.Rate, l.Done, l.Failed, l.LastDone, l.LastFailed = d.Rate, d.Done, d.Failed, d.LastDone, d.LastFailed
		l.LastError, l.NextTry = d.LastError, d.NextTry
		known += d.Waiting
	}
	for name, c := range s.Collected {
		l := at(name)
		l.Waiting += c.Count
		l.older(c.Oldest)
		if l.NextTry.IsZero() || c.Due.Before(l.NextTry) {
			l.NextTry = c.Due
		}
	}
	if unknown := state.Waiting + state.Running - known; unknown > 0 && len(s.Collected) == 0 {
		targets := s.Targets
		if len(targets) == 0 {
			targets = []string{""}
		}
		for _, name := range targets {
			at(name).Waiting += unknown
			at(name).older(state.Oldest)
		}
	}
	list := make([]Line, 0, len(all))
	for _, l := range all {
		l.PausedSince = paused[s.Real(l.Destination)]
		l.judge()
		list = append(list, *l)
	}
	return list
}

func (l *Line) older(t time.Time) {
	if !t.IsZero() && (l.Oldest.IsZero() || t.Before(l.Oldest)) {
		l.Oldest = t
	}
}

// judge sets the state and the words.
func (l *Line) judge() {
	l.Words = Words(l.LastError)
	switch {
	case !l.PausedSince.IsZero():
		l.State = Paused
	case l.Held > 0:
		l.State = Failing
	case l.Waiting > 0:
		l.State = Working
	default:
		l.State = Idle
	}
	if l.State == Paused {
		l.NextTry = time.Time{}
	}
}
