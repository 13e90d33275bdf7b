package db

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxGroup bounds the jobs of one group commit.
const maxGroup = 512

// attempts is how often a job is tried alone when its group failed for a reason
// that may pass, such as a deadlock or another server's insert.
const attempts = 5

// job is a change that one caller waits for.
type job struct {
	// run makes the change. It may be run again from the start when the group
	// it was part of failed. An error that is no *SQLError is a refusal, given
	// before anything was changed.
	run   func(g group) error
	mode  mode
	since time.Time
	err   error
	done  chan struct{}
}

// mode tells whether a job may share a transaction.
type mode int

const (
	grouped mode = iota
	alone        // in a transaction of its own
	bare         // outside of transactions
)

// writer makes all changes: it takes the jobs that wait, runs them in one
// transaction, and answers after the commit.
type writer struct {
	store store
	// changed is called when what is known of rows may no longer hold.
	changed   func()
	transient func(error) bool
	locked    func(error) bool // another program holds the index
	log       Log
	patience  time.Duration // with a lock
	jobs      chan *job
	quit      chan struct{}
	finished  chan struct{}
	stop      sync.Once
}

// lockPatience is how long a change waits for another program's lock: less than
// the minute after which common senders give up.
const lockPatience = 50 * time.Second

// newWriter makes a writer whose loop the caller starts.
func newWriter(s store, changed func()) *writer {
	return &writer{
		store: s, changed: changed, patience: lockPatience,
		jobs: make(chan *job, maxGroup), quit: make(chan struct{}), finished: make(chan struct{}),
	}
}

// do hands a change to the writer and waits until it is committed or failed.
// ctx ends the waiting for the writer's attention only.
func (w *writer) do(ctx context.Context, m mode, run func(g group) error) error {
	j := &job{run: run, mode: m, since: time.Now(), done: make(chan struct{})}
	select {
	case <-w.quit:
		return ErrClosed
	default:
	}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return ErrClosed
	}
	select {
	case <-j.done:
		return j.err
	case <-w.finished:
	}
	select {
	case <-j.done:
		return j.err
	default:
		return ErrClosed
	}
}

// close ends the writer after the jobs that wait.
func (w *writer) close() {
	w.stop.Do(func() { close(w.quit) })
	<-w.finished
}

func (w *writer) loop() {
	defer close(w.finished)
	for {
		select {
		case j := <-w.jobs:
			w.take(j)
		case <-w.quit:
			for {
				select {
				case j := <-w.jobs:
					w.take(j)
				default:
					return
				}
			}
		}
	}
}

// take runs j together with what waits behind it.
func (w *writer) take(j *job) {
	list := []*job{j}
	for j.mode == grouped && len(list) < maxGroup {
		select {
		case next := <-w.jobs:
			if next.mode != grouped {
				w.group(list)
				list, j = []*job{next}, next
				continue
			}
			list = append(list, next)
			continue
		default:
		}
		break
	}
	w.group(list)
}

// group runs jobs in one transaction, or each alone when that fails. Without a
// transaction none of them could do better alone.
func (w *writer) group(list []*job) {
	said := false
	for len(list) > 0 {
		begun, err := w.together(list)
		if err == nil {
			break
		}
		w.changed()
		if !begun && w.locked(err) {
			if !said {
				w.log.Operator("*** the index is locked by another program, %d changes wait", len(list))
				said = true
			}
			list = w.giveUp(list, err)
			continue
		}
		for _, j := range list {
			if j.err = err; begun {
				w.retry(j)
			}
		}
		break
	}
	for _, j := range list {
		close(j.done)
	}
}

// giveUp ends the jobs that have waited long enough and leaves the others.
func (w *writer) giveUp(list []*job, err error) []*job {
	kept := list[:0]
	for _, j := range list {
		if time.Since(j.since) < w.patience {
			kept = append(kept, j)
			continue
		}
		j.err = err
		close(j.done)
	}
	return kept
}

// together runs and commits the jobs; its error says that nothing was changed
// and that each must be tried alone. begun is false when the index gave no
// transaction.
func (w *writer) together(list []*job) (begun bool, err error) {
	g, err := w.store.begin(context.Background(), list[0].mode == bare)
	if err != nil {
		return false, err
	}
	if g.foreign() {
		w.changed()
	}
	for _, j := range list {
		j.err = j.run(g)
		var failed *SQLError
		if errors.As(j.err, &failed) {
			g.rollback()
			return true, j.err
		}
	}
	if err := g.commit(); err != nil {
		g.rollback()
		return true, err
	}
	return true, nil
}

func (w *writer) retry(j *job) {
	for n := range attempts {
		begun, err := w.together([]*job{j})
		if err == nil {
			return
		}
		w.changed()
		j.err = err
		if !begun || !w.transient(err) {
			return
		}
		time.Sleep(time.Duration(n*n) * 10 * time.Millisecond)
	}
}
