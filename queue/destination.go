package queue

import (
	"conquest/oplog"
	"fmt"
	"time"
)

// destination is what a queue knows about one place that work goes to.
type destination[T any] struct {
	name     string
	items    []*item[T] // held, in order
	failures int        // consecutive
	lastFail time.Time
	due      time.Time // when the first of items is tried
	notYet   time.Time // it is not tried before, whatever comes
	trying   bool      // the first of items runs
	record   record
}

func (d *destination[T]) add(it *item[T]) { d.items = append(d.items, it) }

// dest is the destination of that name. The caller holds mu.
func (q *Queue[T]) dest(name string) *destination[T] {
	d := q.dests[name]
	if d == nil {
		d = &destination[T]{name: name}
		q.dests[name] = d
	}
	return d
}

// destination names where work goes, "" when that is known only later.
func (q *Queue[T]) destination(work T) string {
	if q.opt.Destination == nil {
		return ""
	}
	return q.opt.Destination(work)
}

// shut tells why new work can not go to a destination now, "" when it can. Work
// that comes after the hold-off has what is held tried at once.
func (q *Queue[T]) shut(name string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := q.dests[name]
	if q.opt.Gate.Paused(name) {
		return "destination is paused"
	}
	if d == nil || len(d.items) == 0 && !d.trying {
		return ""
	}
	if now := time.Now(); d.due.After(now) && now.After(d.notYet) && now.Sub(d.lastFail) >= q.opt.HoldOff {
		d.due = now
		q.signal()
	}
	return "earlier work for it waits"
}

// retryDelay is the time until held work is tried again; there is always one, so
// that a destination that is away does not keep a processor busy.
func (q *Queue[T]) retryDelay() time.Duration { return max(q.opt.RetryDelay, 20*time.Millisecond) }

// failedAt counts a failure of a destination, which asks for a time of rest, and gives up what is held for it
// when there were too many. The caller holds mu.
func (q *Queue[T]) failedAt(d *destination[T], wait time.Duration) {
	now := time.Now()
	d.failures++
	d.lastFail, d.due, d.notYet = now, now.Add(max(q.retryDelay(), wait)), now.Add(wait)
	if q.opt.MaxRetries <= 0 || d.failures <= q.opt.MaxRetries {
		return
	}
	q.sayGivingUp(d.failures)
	for _, it := range d.items {
		q.bury(it, fmt.Sprintf("given up after %d attempts: %s", d.failures, it.Reason))
	}
	d.items, d.failures = nil, 0
}

func (q *Queue[T]) sayGivingUp(failures int) {
	oplog.QueueRetriesOver(oplog.Lines(q.opt.Operator), failures, q.opt.MaxRetries)
}

// reached notes success. The caller holds mu.
func (d *destination[T]) reached() { d.failures, d.due = 0, time.Time{} }
