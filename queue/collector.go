package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"
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
	journal *journal
	waiting []delayed[T]
	wake    chan struct{}
	cancel  context.CancelFunc
	done    sync.WaitGroup
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

// Collect starts a collector before queue, which stays the caller's to close
// after the collector. Its journal is name in the directory of the queue's. key
// tells which work is equal.
func Collect[T any](queue *Queue[T], name string, key func(T) string) (*Collector[T], error) {
	j, entries, err := openJournal(filepath.Join(queue.opt.Dir, name))
	if err != nil {
		return nil, err
	}
	c := &Collector[T]{queue: queue, key: key, fail: queue.opt.Failed, journal: j, wake: make(chan struct{}, 1)}
	for _, e := range entries {
		var r delayedRecord[T]
		if err := json.Unmarshal(e.work, &r); err != nil {
			c.fail(fmt.Errorf("queue %s: entry of an earlier run is not readable: %w", name, err))
			continue
		}
		k := key(r.Work)
		if queue.Contains(func(w T) bool { return key(w) == k }) {
			c.finish(e.id)
			continue
		}
		c.waiting = append(c.waiting, delayed[T]{id: e.id, due: r.Due, since: time.Now(), key: k, work: r.Work})
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.done.Go(func() { c.run(ctx) })
	return c, nil
}

// Push accepts work that is due after delay; it is on disk when Push returns
// nil. added is false when it took the place of equal work.
func (c *Collector[T]) Push(work T, delay time.Duration) (added bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	d := delayed[T]{due: now.Add(delay), since: now, key: c.key(work), work: work}
	d.id, err = c.journal.add(delayedRecord[T]{d.due, work})
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(c.waiting, func(w delayed[T]) bool { return w.key == d.key && !w.taken })
	if i >= 0 {
		c.finish(c.waiting[i].id)
		d.since = c.waiting[i].since
		c.waiting[i] = d
	} else {
		c.waiting = append(c.waiting, d)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return i < 0, nil
}

func (c *Collector[T]) finish(id uint64) {
	if err := c.journal.done(id); err != nil {
		c.fail(err)
	}
}

func (c *Collector[T]) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		d, wait := c.head()
		if wait <= 0 {
			c.hand(ctx, d)
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
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

// hand passes an entry on. It is found by Contains all the while: it leaves the
// collector after it has come to the queue.
func (c *Collector[T]) hand(ctx context.Context, d delayed[T]) {
	if !c.setTaken(d.id) {
		return // equal work has taken its place
	}
	err := c.queue.Push(ctx, d.work)
	if err != nil && ctx.Err() == nil {
		c.fail(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = slices.DeleteFunc(c.waiting, func(w delayed[T]) bool { return w.id == d.id })
	if err == nil {
		c.finish(d.id)
	}
}

func (c *Collector[T]) setTaken(id uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.waiting, func(w delayed[T]) bool { return w.id == id })
	if i >= 0 {
		c.waiting[i].taken = true
	}
	return i >= 0
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
	c.done.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.journal.close()
}
