package db

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	owned "conquest/group"
	"conquest/oplog"
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
	keys  []string // to be claimed
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
	changed      func()
	link         *link
	log          Log
	patience     time.Duration // with a database that is away
	lockPatience time.Duration // with another program's lock
	jobs         chan *job
	quit         chan struct{}
	finished     chan struct{}
	stop         sync.Once
}

// lockPatience is how long a change waits for another program's lock: less than
// the minute after which common senders give up.
const lockPatience = 50 * time.Second

// idleAfter is how long nothing must have changed until the database may tidy
// up; it does so every idleLatest in any case.
const (
	idleAfter  = time.Second
	idleLatest = time.Hour
)

// idler is a store that tidies up when nothing is to be done.
type idler interface{ idle() }

// newWriter makes a writer whose loop the caller starts.
func newWriter(s store, changed func(), l *link, patience time.Duration) *writer {
	return &writer{
		store: s, changed: changed, link: l, log: l.log, patience: patience, lockPatience: lockPatience,
		jobs: make(chan *job, maxGroup), quit: make(chan struct{}), finished: make(chan struct{}),
	}
}

// do hands a change to the writer and waits until it is committed or failed.
// ctx ends the waiting for the writer's attention only.
func (w *writer) do(ctx context.Context, m mode, keys []string, run func(g group) error) error {
	j := &job{run: run, keys: keys, mode: m, since: time.Now(), done: make(chan struct{})}
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
	tidy, _ := w.store.(idler)
	idle := time.NewTimer(idleAfter)
	defer idle.Stop()
	tidied, dirty := time.Now(), true
	for {
		select {
		case j := <-w.jobs:
			w.take(j)
			dirty = true
			if time.Since(tidied) < idleLatest {
				idle.Reset(idleAfter)
				continue
			}
		case <-idle.C:
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
		if dirty && tidy != nil {
			tidy.idle()
		}
		tidied, dirty = time.Now(), false
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

// group runs jobs in one transaction, and each alone when that fails. While the
// database is away or locked they wait.
func (w *writer) group(list []*job) {
	for waits := (wait{}); len(list) > 0; {
		begun, err := w.together(list)
		if err == nil {
			w.link.found()
			break
		}
		w.changed()
		if w.mayWait(list, begun, err) {
			list = w.giveUp(list, err, &waits)
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

// mayWait tells whether to try again later. What runs outside of transactions
// can not be repeated once it was begun.
func (w *writer) mayWait(list []*job, begun bool, err error) bool {
	return w.store.away(err) && !(begun && list[0].mode == bare) || !begun && w.store.locked(err)
}

// wait is a row of attempts.
type wait struct {
	pause time.Duration
	said  bool
}

// giveUp ends the jobs that have waited long enough, leaves the others, and
// pauses.
func (w *writer) giveUp(list []*job, err error, waits *wait) []*job {
	patience := w.lockPatience
	away := w.store.away(err)
	switch {
	case away:
		w.link.lost(err)
		patience = w.patience
	case !waits.said:
		oplog.IndexLocked(w.log, len(list))
		waits.said = true
	}
	kept := list[:0]
	for _, j := range list {
		if time.Since(j.since) < patience && !(away && w.closing()) {
			kept = append(kept, j)
			continue
		}
		j.err = err
		close(j.done)
	}
	if away && len(kept) > 0 {
		w.pauseBeforeRetry(kept[0], waits)
	}
	return kept
}

// pauseBeforeRetry pauses before the next attempt to reach the database.
func (w *writer) pauseBeforeRetry(j *job, waits *wait) {
	waits.pause = min(max(2*waits.pause, firstRetry), maxRetry)
	select {
	case <-w.quit:
	case <-time.After(min(waits.pause, w.patience-time.Since(j.since))):
	}
}

func (w *writer) closing() bool {
	select {
	case <-w.quit:
		return true
	default:
		return false
	}
}

// together runs and commits the jobs; its error says that nothing was changed,
// as far as is known, and that each must be tried alone. begun is false when the
// index gave no transaction.
func (w *writer) together(list []*job) (begun bool, err error) {
	g, err := w.store.begin(context.Background(), list[0].mode == bare)
	if err != nil {
		return false, err
	}
	if err := g.claim(claims(list)); err != nil {
		g.rollback()
		return true, err
	}
	if g.foreign() {
		w.changed()
	}
	for _, j := range list {
		j.err = owned.Guard("index change", func() error { return j.run(g) })
		if failed(j.err) {
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

// claims are the keys of jobs, in the one order that keeps servers from waiting
// for each other.
func claims(list []*job) []string {
	var keys []string
	for _, j := range list {
		keys = append(keys, j.keys...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// failed tells whether a job ended in the middle of its changes.
func failed(err error) bool {
	var statement *SQLError
	var panicked *owned.PanicError
	return errors.As(err, &statement) || errors.As(err, &panicked)
}

func (w *writer) retry(j *job) {
	waits := wait{}
	for n := 0; n < attempts; n++ {
		begun, err := w.together([]*job{j})
		if err == nil {
			return
		}
		w.changed()
		j.err = err
		if w.store.away(err) && w.mayWait([]*job{j}, begun, err) {
			if w.link.lost(err); time.Since(j.since) > w.patience || w.closing() {
				return
			}
			w.pauseBeforeRetry(j, &waits)
			n--
			continue
		}
		if panicked := (*owned.PanicError)(nil); errors.As(err, &panicked) {
			oplog.FailureOf(w.log, err)
			oplog.DebugLine(w.log, string(panicked.Stack))
		}
		if !begun || !w.store.transient(err) {
			return
		}
		time.Sleep(time.Duration(n*n) * 10 * time.Millisecond)
	}
}
