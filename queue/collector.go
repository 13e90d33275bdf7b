package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"conquest/group"
	"conquest/journal"
)

// Collector holds work back until nothing equal has come for a while, then
// hands it to a [Queue] once. Equal work replaces what waits and starts its time
// anew: a study is forwarded some time after its last image.
//
// Work is handed over in order of its due time; the original looks at the head
// of its ring only.
type Collector[T any] struct {
	queue *Queue[T]
	key   func(T) string
	fail  func(error)

	mu      sync.Mutex // guards all below
	journal *journal.Journal
	waiting []delayed[T]
	wake    chan struct{}
	ctx     context.Context
	cancel  context.CancelFunc
	worker  group.Group
}

type delayed[T any] struct {
	id    uint64
	due   time.Time
	since time.Time
	key   string
	work  T
	taken bool // on its way to the queue
}

type delayedRecord[T any] struct {
	Due  time.Time `json:"due"`
	Work T         `json:"work"`
}

// Collect opens a collector before queue, which stays the caller's to start and to
// close after the collector. Its journal is name in the directory of the queue's.
// key tells which work is equal. Work is handed over after [Collector.Start].
func Collect[T any](queue *Queue[T], name string, key func(T) string) (*Collector[T], error) {
	opt := journal.Options{Sync: queue.opt.Sync, Tell: queue.opt.Failed, FS: queue.opt.FS}
	j, entries, err := journal.Open(filepath.Join(queue.opt.Dir, name), opt)
	if err != nil {
		return nil, err
	}
	c := &Collector[T]{queue: queue, key: key, fail: queue.opt.Failed, journal: j, wake: make(chan struct{}, 1)}
	for _, e := range entries {
		var r delayedRecord[T]
		if err := json.Unmarshal(e.Data, &r); err != nil {
			c.fail(fmt.Errorf("queue %s: entry %d of an earlier run is not readable: %w", name, e.ID, err))
			continue
		}
		k := key(r.Work)
		if queue.Contains(func(w T) bool { return key(w) == k }) {
			c.finish(e.ID)
			continue
		}
		c.waiting = append(c.waiting, delayed[T]{id: e.ID, due: r.Due, since: time.Now(), key: k, work: r.Work})
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// Start begins to hand work over, until [Collector.Close].
func (c *Collector[T]) Start() { c.worker.Go("collector of "+c.queue.opt.Name, c.run) }

// Push accepts work that is due after delay; it is on disk when Push returns
// nil. added is false when it took the place of equal work, or was refused.
func (c *Collector[T]) Push(work T, delay time.Duration) (added bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	d := delayed[T]{due: now.Add(delay), since: now, key: c.key(work), work: work}
	data, err := json.Marshal(delayedRecord[T]{d.due, work})
	if err != nil {
		return false, fmt.Errorf("queue %s: %w", c.queue.opt.Name, err)
	}
	i := slices.IndexFunc(c.waiting, func(w delayed[T]) bool { return w.key == d.key && !w.taken })
	if i >= 0 {
		if err := c.journal.Update(c.waiting[i].id, data); err != nil {
			return false, err
		}
		c.waiting[i].due, c.waiting[i].work = d.due, work
	} else {
		if d.id, err = c.journal.Add(data); err != nil {
			return false, err
		}
		c.waiting = append(c.waiting, d)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return i < 0, nil
}

func (c *Collector[T]) finish(id uint64) {
	if err := c.journal.Done(id); err != nil {
		c.fail(err)
	}
}

func (c *Collector[T]) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for c.ctx.Err() == nil {
		d, wait := c.head()
		if wait <= 0 {
			c.hand(d)
			continue
		}
		timer.Reset(wait)
		select {
		case <-c.ctx.Done():
		case <-c.wake:
		case <-timer.C:
		}
	}
}

// head is the entry due first and how long it has to wait.
func (c *Collector[T]) head() (delayed[T], time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return delayed[T]{}, idle
	}
	d := slices.MinFunc(c.waiting, func(a, b delayed[T]) int { return a.due.Compare(b.due) })
	return d, time.Until(d.due)
}

// handAgain is when an entry is handed over again that the queue could not keep.
const handAgain = 10 * time.Second

// hand passes an entry on. It is found by Contains all the while: it leaves the
// collector after it has come to the queue.
func (c *Collector[T]) hand(d delayed[T]) {
	d, ok := c.takeOut(d.id)
	if !ok {
		return
	}
	err := c.queue.Push(c.ctx, d.work)
	if err != nil && c.ctx.Err() == nil {
		c.fail(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.waiting, func(w delayed[T]) bool { return w.id == d.id })
	if err != nil {
		c.waiting[i].taken, c.waiting[i].due = false, time.Now().Add(handAgain)
		return
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	c.finish(d.id)
}

// takeOut marks an entry that is due as on its way.
func (c *Collector[T]) takeOut(id uint64) (d delayed[T], ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.waiting, func(w delayed[T]) bool { return w.id == id })
	if i < 0 || time.Until(c.waiting[i].due) > 0 {
		return d, false // equal work has started its time anew
	}
	c.waiting[i].taken = true
	return c.waiting[i], true
}

// Flush makes all that is held back due now.
func (c *Collector[T]) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for i := range c.waiting {
		if c.waiting[i].due.After(now) {
			c.waiting[i].due = now
		}
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Waiting lists what is held back, in no order: label, time of the first equal
// push, and due time.
func (c *Collector[T]) Waiting(f func(work T, since, due time.Time)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.waiting {
		f(d.work, d.since, d.due)
	}
}

// Contains tells whether match is true for work held back here or open in the
// queue behind.
func (c *Collector[T]) Contains(match func(T) bool) bool {
	c.mu.Lock()
	held := slices.ContainsFunc(c.waiting, func(d delayed[T]) bool { return match(d.work) })
	c.mu.Unlock()
	return held || c.queue.Contains(match)
}

// Close stops handing over; what waits stays on disk.
func (c *Collector[T]) Close() error {
	c.cancel()
	c.worker.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.journal.Close()
}
