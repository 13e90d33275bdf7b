package queue

import (
	"maps"
	"slices"
	"time"
)

// record is what came of the work for a destination since the start.
type record struct {
	done, failed         uint64
	lastDone, lastFailed time.Time
	lastError            string
	minutes              [rateMinutes]struct {
		minute int64 // since 1970
		done   int
	}
}

// rateMinutes is over how many minutes a rate is taken.
const rateMinutes = 5

// maxRecords bounds the destinations that are remembered while nothing waits for
// them: scripts may make names of values.
const maxRecords = 1000

func (r *record) succeeded(now time.Time) {
	r.done++
	r.lastDone = now
	m := now.Unix() / 60
	at := &r.minutes[m%rateMinutes]
	if at.minute != m {
		at.minute, at.done = m, 0
	}
	at.done++
}

func (r *record) failure(now time.Time, reason string) {
	r.failed++
	r.lastFailed, r.lastError = now, reason
}

// rate is the number of successes a minute lately.
func (r *record) rate(now time.Time) float64 {
	n, m := 0, now.Unix()/60
	for _, at := range r.minutes {
		if m-at.minute < rateMinutes {
			n += at.done
		}
	}
	return float64(n) / rateMinutes
}

// recordOf is the record of a destination, nil where there are too many. The caller
// holds mu.
func (q *Queue[T]) recordOf(name string) *record {
	if q.dests[name] == nil && (name == "" || len(q.dests) >= maxRecords) {
		return nil
	}
	return &q.dest(name).record
}

// remember notes what came of a run. The caller holds mu.
func (q *Queue[T]) remember(it *item[T], outcome Outcome, d *Delivery) {
	now := time.Now()
	reached := d.reached
	if to := q.destination(it.Work); len(reached) == 0 && outcome == Done && d.kind == Done && to != "" {
		reached = []string{to}
	}
	for _, to := range reached {
		if r := q.recordOf(to); r != nil {
			r.succeeded(now)
		}
	}
	if d.kind == Done || d.kind == held {
		return
	}
	if r := q.recordOf(d.destination); r != nil {
		r.failure(now, d.reason)
	}
}

// Destination is what a queue knows of a place that work goes to.
type Destination struct {
	Name string
	// Waiting is work that was not tried yet, where its destination is known before
	// it runs.
	Waiting int
	Held    int // work that is tried again by itself
	Letters int // work that was given up
	Oldest  time.Time
	// Done and Failed count since the start; Failures are those in a row.
	Done, Failed uint64
	Failures     int
	Rate         float64 // done a minute, over the last five
	LastDone     time.Time
	LastFailed   time.Time
	LastError    string
	NextTry      time.Time // zero when nothing is held, or at once
	Trying       bool
}

// Destinations are the places that work of the queue goes to or went to, by name.
// "" is work that waits for itself, with its destination not known.
func (q *Queue[T]) Destinations() []Destination {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	all := map[string]*Destination{}
	at := func(name string, since time.Time) *Destination {
		d := all[name]
		if d == nil {
			d = &Destination{Name: name}
			all[name] = d
		}
		if !since.IsZero() && (d.Oldest.IsZero() || since.Before(d.Oldest)) {
			d.Oldest = since
		}
		return d
	}
	if q.opt.Destination != nil {
		for _, list := range [][]*item[T]{q.waiting, q.running} {
			for _, it := range list {
				at(q.destination(it.Work), it.Since).Waiting++
			}
		}
	}
	for name, d := range q.dests {
		e := at(name, time.Time{})
		r := &d.record
		e.Done, e.Failed, e.Failures, e.Rate = r.done, r.failed, d.failures, r.rate(now)
		e.LastDone, e.LastFailed, e.LastError, e.Trying = r.lastDone, r.lastFailed, r.lastError, d.trying
		if len(d.items) == 0 {
			continue
		}
		e = at(name, d.items[0].Since)
		e.Held += len(d.items)
		if e.LastError == "" {
			e.LastError = d.items[0].Reason
		}
		e.NextTry = d.due
	}
	for _, list := range [][]*item[T]{q.restored, q.alone} {
		for _, it := range list {
			e := at(it.Destination, it.Since)
			e.Held++
			if e.NextTry.IsZero() || it.due.Before(e.NextTry) {
				e.NextTry = it.due
			}
		}
	}
	for _, it := range q.dead {
		at(it.Destination, time.Time{}).Letters++
	}
	list := make([]Destination, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, *all[name])
	}
	return list
}

// TryNow has what is held for a destination tried at once.
func (q *Queue[T]) TryNow(destination string) int {
	q.mu.Lock()
	n := 0
	if d := q.dests[destination]; d != nil {
		d.due = time.Time{}
		n = len(d.items)
	}
	for _, it := range q.alone {
		if it.Destination == destination {
			it.due = time.Time{}
			n++
		}
	}
	slices.SortStableFunc(q.alone, func(a, b *item[T]) int { return a.due.Compare(b.due) })
	q.mu.Unlock()
	q.signalAll()
	return n
}
