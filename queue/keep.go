package queue

import (
	"encoding/json"
	"fmt"
	"time"
)

// What stands here keeps items on disk. The caller holds mu.

// enter writes a new item to the journal.
func (q *Queue[T]) enter(it *item[T]) error {
	data, err := json.Marshal(it.envelope)
	if err != nil {
		return fmt.Errorf("queue %s: %w", q.opt.Name, err)
	}
	it.id, err = q.journal.Add(data)
	return err
}

// note writes what is known about an item. One of the failure file moves to the
// journal, as a record has no place for it.
func (q *Queue[T]) note(it *item[T]) error {
	if it.rec != noRecord {
		if err := q.fill(it); err != nil {
			return err
		}
		if err := q.enter(it); err != nil {
			return err
		}
		q.recordDone(it)
		return nil
	}
	data, err := json.Marshal(it.envelope)
	if err != nil {
		return fmt.Errorf("queue %s: %w", q.opt.Name, err)
	}
	return q.journal.Update(it.id, data)
}

// store keeps an item that is held: in the failure file when it fits, so that the
// original finds it. When that fails it is safe where it is.
func (q *Queue[T]) store(it *item[T]) {
	plain := len(it.Sent) == 0 && len(it.Moved) == 0
	if it.rec != noRecord && plain {
		q.empty(it)
		return
	}
	if q.fail != nil && plain {
		if rec, ok := q.opt.Marshal(it.Work); ok {
			at, err := q.fail.Append(rec)
			if err == nil {
				q.records++
				q.journalDone(it.id)
				it.rec = at
				q.empty(it)
				return
			}
			q.opt.Failed(err)
		}
	}
	if err := q.note(it); err != nil {
		q.opt.Failed(err)
	}
}

// empty leaves the work of an item to its record: there may be many of them.
func (q *Queue[T]) empty(it *item[T]) {
	var none T
	it.Work, it.filled = none, false
}

// fill reads the work of an item again.
func (q *Queue[T]) fill(it *item[T]) error {
	if it.rec == noRecord || it.filled {
		return nil
	}
	rec, at, err := q.fail.Next(it.rec)
	if err == nil && at != it.rec {
		err = fmt.Errorf("it is marked done")
	}
	if err == nil {
		it.Work, err = q.opt.Unmarshal(rec)
	}
	if err != nil {
		return fmt.Errorf("record %d of %s: %w", it.rec, q.opt.FailFile, err)
	}
	it.filled = true
	return nil
}

func (q *Queue[T]) loadRecords() {
	for i := 0; ; {
		rec, at, err := q.fail.Next(i)
		if err != nil {
			q.opt.Failed(err)
			return
		}
		if at < 0 {
			break
		}
		i = at + 1
		q.records++
		work, err := q.opt.Unmarshal(rec)
		it := &item[T]{rec: at, envelope: envelope[T]{Work: work, Since: time.Now()}}
		if err != nil {
			q.opt.Failed(fmt.Errorf("record %d of %s: %w", at, q.opt.FailFile, err))
			q.recordDone(it)
			continue
		}
		if to := q.destination(work); to != "" {
			it.Destination = to
			q.dest(to).add(it)
		} else {
			q.restored = append(q.restored, it)
		}
		q.empty(it)
	}
	if q.records == 0 {
		q.removeRecords()
	}
}

// finish marks an item done.
func (q *Queue[T]) finish(it *item[T]) {
	if it.rec != noRecord {
		q.recordDone(it)
		return
	}
	q.journalDone(it.id)
}

func (q *Queue[T]) journalDone(id uint64) {
	if err := q.journal.Done(id); err != nil {
		q.opt.Failed(err)
	}
}

func (q *Queue[T]) recordDone(it *item[T]) {
	if err := q.fail.Done(it.rec); err != nil {
		q.opt.Failed(err)
	}
	it.rec = noRecord
	if q.records--; q.records == 0 {
		q.removeRecords()
	}
}

func (q *Queue[T]) removeRecords() {
	if err := q.fail.Remove(); err != nil {
		q.opt.Failed(err)
	}
}
