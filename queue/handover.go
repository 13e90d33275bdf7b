package queue

import "slices"

// HandOver puts the work that waits or is held into the failure file, where the
// original finds it: it reads no journal. What does not fit a record, or was sent in
// part, stays in the journal. No worker may run meanwhile: Ready says no.
func (q *Queue[T]) HandOver() (written, kept int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := slices.Concat(q.restored, q.waiting, q.alone)
	for _, d := range q.dests {
		items = append(items, d.items...)
	}
	for _, it := range items {
		if it.rec == noRecord {
			q.store(it)
		}
		if it.rec == noRecord {
			kept++
		} else {
			written++
		}
	}
	q.restored, q.waiting, q.alone = nil, nil, nil
	clear(q.dests)
	return written, kept + len(q.dead)
}
