package queue

import (
	"conquest/oplog"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Letter is work that did not go through, as a listing shows it.
type Letter struct {
	Queue       string // name of the queue
	ID          uint64 // in its queue
	Kind        string // of work
	Destination string // "" when it is not known
	Reason      string
	Label       string // the file
	Patient     string // ID
	Since       time.Time
}

// LetterError tells that a queue has no dead letter of that number.
type LetterError struct {
	Queue string
	ID    uint64
}

func (e *LetterError) Error() string {
	return fmt.Sprintf("queue %s has no dead letter %d", e.Queue, e.ID)
}

// Name is that of the journal.
func (q *Queue[T]) Name() string { return q.opt.Name }

// bury makes an item a dead letter. The caller holds mu; the item is in no list.
func (q *Queue[T]) bury(it *item[T], reason string) {
	if err := q.fill(it); err != nil {
		q.opt.Failed(err)
	}
	it.Reason = reason
	what := fmt.Sprintf("*** %s of %s (patient %s) to %s: %s", q.opt.Kind, q.describe(it.Work), q.patient(it.Work), it.Destination, reason)
	if len(q.dead) >= q.opt.MaxLetters {
		oplog.QueueDropped(oplog.Lines(q.opt.Operator), what, len(q.dead))
		q.finish(it)
		return
	}
	oplog.QueueBuried(oplog.Lines(q.opt.Operator), what)
	it.Dead = true
	if err := q.note(it); err != nil {
		q.opt.Failed(err)
	}
	if it.rec != noRecord { // it can not be written: tried again after a while
		it.Dead = false
		it.due = time.Now().Add(q.retryDelay())
		q.alone = append(q.alone, it)
		return
	}
	q.dead[it.id] = it
}

func (q *Queue[T]) describe(work T) string {
	if q.opt.Describe == nil {
		return q.opt.Label(work)
	}
	return q.opt.Describe(work)
}

func (q *Queue[T]) patient(work T) string {
	if q.opt.Patient == nil {
		return ""
	}
	return q.opt.Patient(work)
}

// Letters are the dead letters, oldest first.
func (q *Queue[T]) Letters() []Letter {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := make([]Letter, 0, len(q.dead))
	for _, id := range slices.Sorted(maps.Keys(q.dead)) {
		it := q.dead[id]
		list = append(list, Letter{Queue: q.opt.Name, ID: id, Kind: q.opt.Kind, Destination: it.Destination, Reason: it.Reason,
			Label: q.describe(it.Work), Patient: q.patient(it.Work), Since: it.Since})
	}
	return list
}

// Held is the number of entries held for each destination, "" for those that wait
// for themselves.
func (q *Queue[T]) Held() map[string]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	held := map[string]int{}
	for _, d := range q.dests {
		if len(d.items) > 0 {
			held[d.name] = len(d.items)
		}
	}
	if n := len(q.restored) + len(q.alone); n > 0 {
		held[""] = n
	}
	return held
}

// Bury makes dead letters of all that is held for a destination and returns how
// many.
func (q *Queue[T]) Bury(destination string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := q.dests[destination]
	if d == nil {
		return 0
	}
	list := d.items
	d.items = nil
	for _, it := range list {
		q.bury(it, it.Reason)
	}
	return len(list)
}

// letter takes a dead letter out of the list. The caller holds mu.
func (q *Queue[T]) letter(id uint64) (*item[T], error) {
	it := q.dead[id]
	if it == nil {
		return nil, &LetterError{q.opt.Name, id}
	}
	return it, nil
}

// Retry has a dead letter done again, behind all that waits.
func (q *Queue[T]) Retry(id uint64) error { return q.revive(id, "") }

// Move has a dead letter done again for another destination.
func (q *Queue[T]) Move(id uint64, to string) error {
	if to == "" {
		return fmt.Errorf("move dead letter %d of queue %s: no destination", id, q.opt.Name)
	}
	return q.revive(id, to)
}

func (q *Queue[T]) revive(id uint64, to string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	it, err := q.letter(id)
	if err != nil {
		return err
	}
	was := it.envelope
	it.Note = Note{Sent: was.Sent, Moved: was.Moved}
	switch {
	case to == "":
	case q.opt.Redirect != nil:
		it.Work = q.opt.Redirect(it.Work, to)
	default:
		it.Moved = maps.Clone(was.Moved)
		if it.Moved == nil {
			it.Moved = map[string]string{}
		}
		origin := was.Destination
		for from, now := range was.Moved {
			if now == was.Destination {
				origin = from // it was moved before
			}
		}
		it.Moved[origin] = to
	}
	if err := q.note(it); err != nil {
		it.envelope = was
		return fmt.Errorf("dead letter %d of queue %s: %w", id, q.opt.Name, err)
	}
	delete(q.dead, id)
	q.waiting = append(q.waiting, it)
	q.signal()
	return nil
}

// Skip removes a dead letter: the work is not done.
func (q *Queue[T]) Skip(id uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	it, err := q.letter(id)
	if err != nil {
		return err
	}
	delete(q.dead, id)
	oplog.QueueSkipped(oplog.Lines(q.opt.Operator), q.opt.Kind, q.describe(it.Work), q.patient(it.Work), it.Destination)
	q.finish(it)
	return nil
}
