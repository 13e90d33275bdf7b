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

// Outcome is what became of a piece of work.
type Outcome int

const (
	// Done: nothing more to do, successful or not.
	Done Outcome = iota
	// Retry: could not be done now, keep it.
	Retry
	// Deferred is Retry that does not count as a failure for MaxRetries.
	Deferred
)

// Options describes a queue of work of type T, which must survive JSON.
type Options[T any] struct {
	Dir      string // of the journal
	Name     string // file name of the journal
	FailFile string // path of the failure file, the original server's name
	// RecordSize, Marshal and Unmarshal describe the records of the failure
	// file. Marshal answers false when work does not fit a record; it then stays
	// in the journal. A nil Marshal keeps all work there.
	RecordSize int
	Marshal    func(T) ([]byte, bool)
	Unmarshal  func([]byte) (T, error)

	Label   func(T) string // for log lines and the listing: the file name
	Run     func(context.Context, T) Outcome
	Workers int // default 1
	// Capacity is the number of waiting entries from which Push waits.
	Capacity int

	HoldOff    time.Duration
	RetryDelay time.Duration
	MaxRetries int
	// Ready, when not nil, is asked before the failure file is walked.
	Ready func() bool

	Operator func(line string) // the original's log lines
	Failed   func(err error)   // journal or failure file could not be used
}

type item[T any] struct {
	id   uint64
	work T
	at   time.Time
}

// Queue is a durable first-in first-out queue with its workers. See the
// package comment for what it promises.
type Queue[T any] struct {
	opt  Options[T]
	fail failFile

	mu       sync.Mutex // guards all below
	journal  *journal
	waiting  []item[T]
	long     []item[T] // failed work that fits no record
	running  []item[T] // taken from waiting
	failures int       // consecutive
	lastFail time.Time // zero: none, the file may be walked at once
	walkAt   int       // record of the failure file to go on with
	walking  bool
	lastErr  string

	wake   chan struct{} // work came or time to look again; capacity 1 per worker
	room   chan struct{} // a place became free; capacity 1
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// Open takes up what an earlier process left and starts the workers. They end
// with [Queue.Close].
func Open[T any](opt Options[T]) (*Queue[T], error) {
	opt.Workers = max(opt.Workers, 1)
	opt.Capacity = max(opt.Capacity, 1)
	if opt.Operator == nil {
		opt.Operator = func(string) {}
	}
	if opt.Failed == nil {
		opt.Failed = func(error) {}
	}
	j, entries, err := openJournal(filepath.Join(opt.Dir, opt.Name))
	if err != nil {
		return nil, err
	}
	q := &Queue[T]{
		opt:     opt,
		fail:    failFile{opt.FailFile, opt.RecordSize},
		journal: j,
		wake:    make(chan struct{}, opt.Workers),
		room:    make(chan struct{}, 1),
	}
	for _, e := range entries {
		it := item[T]{id: e.id, at: time.Now()}
		if err := json.Unmarshal(e.work, &it.work); err != nil {
			opt.Failed(fmt.Errorf("queue %s: entry of an earlier run is not readable: %w", opt.Name, err))
			continue
		}
		q.waiting = append(q.waiting, it)
	}
	ctx, cancel := context.WithCancel(context.Background())
	q.cancel = cancel
	for range opt.Workers {
		q.done.Go(func() { q.work(ctx) })
	}
	return q, nil
}

// Push accepts work: it is on disk when Push returns nil. While the queue is
// full Push waits, until ctx ends.
func (q *Queue[T]) Push(ctx context.Context, work T) error {
	for {
		q.mu.Lock()
		if len(q.waiting) < q.opt.Capacity {
			break
		}
		q.mu.Unlock()
		select {
		case <-q.room:
		case <-ctx.Done():
			return fmt.Errorf("queue %s is full: %w", q.opt.Name, ctx.Err())
		}
	}
	defer q.mu.Unlock()
	id, err := q.journal.add(work)
	if err != nil {
		return err
	}
	q.waiting = append(q.waiting, item[T]{id: id, work: work, at: time.Now()})
	q.signal()
	return nil
}

func (q *Queue[T]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Close stops taking work up, waits for what is running and leaves the rest on
// disk for the next Open.
func (q *Queue[T]) Close() error {
	q.cancel()
	q.done.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.journal.close()
}

// Reset forgets the failure state: hold-off ends and the failure file is walked
// as soon as the queue is idle.
func (q *Queue[T]) Reset() {
	q.mu.Lock()
	q.lastFail = time.Time{}
	q.failures = 0
	q.mu.Unlock()
	q.signal()
}

// State is what a listing of a queue shows.
type State struct {
	Waiting, Failed, Running int
	Oldest                   time.Time // of the waiting entries; zero when none
	OldestLabel              string
	LastError                string // label of the work that failed last
}

// State counts what is open.
func (q *Queue[T]) State() State {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := State{Waiting: len(q.waiting), Running: len(q.running), Failed: len(q.long), LastError: q.lastErr}
	if q.opt.Marshal != nil {
		s.Failed += q.fail.count()
	}
	if len(q.waiting) > 0 {
		s.Oldest = q.waiting[0].at
		s.OldestLabel = q.opt.Label(q.waiting[0].work)
	}
	return s
}

// Contains tells whether match is true for work that is waiting or running in
// this queue or kept after a failure.
func (q *Queue[T]) Contains(match func(T) bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, list := range [][]item[T]{q.waiting, q.running, q.long} {
		for _, it := range list {
			if match(it.work) {
				return true
			}
		}
	}
	if q.opt.Marshal == nil {
		return false
	}
	for i := 0; ; {
		rec, at, err := q.fail.next(i)
		if err != nil || at < 0 {
			return false
		}
		if w, err := q.opt.Unmarshal(rec); err == nil && match(w) {
			return true
		}
		i = at + 1
	}
}

func (q *Queue[T]) work(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		if it, ok := q.take(); ok {
			q.process(ctx, it)
			continue
		}
		wait := q.walk(ctx)
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
	}
}

func (q *Queue[T]) take() (item[T], bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return item[T]{}, false
	}
	it := q.waiting[0]
	q.waiting = q.waiting[1:]
	q.running = append(q.running, it)
	if len(q.waiting) > 0 {
		q.signal()
	}
	select {
	case q.room <- struct{}{}:
	default:
	}
	return it, true
}

// process runs one entry, or holds it while the queue is in hold-off.
func (q *Queue[T]) process(ctx context.Context, it item[T]) {
	q.mu.Lock()
	holding := !q.lastFail.IsZero() && time.Since(q.lastFail) < q.opt.HoldOff
	q.mu.Unlock()
	outcome := Retry
	if !holding {
		outcome = q.opt.Run(ctx, it.work)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running = slices.DeleteFunc(q.running, func(r item[T]) bool { return r.id == it.id })
	if ctx.Err() != nil && outcome != Done {
		return // stays in the journal
	}
	if outcome == Done {
		q.failures = 0
		q.finish(it.id)
		return
	}
	if !holding {
		q.failed(it.work, outcome)
	}
	q.hold(it)
}

// failed counts a failure. The caller holds mu.
func (q *Queue[T]) failed(work T, outcome Outcome) {
	q.lastFail = time.Now()
	q.lastErr = q.opt.Label(work)
	if outcome == Deferred {
		q.failures = 0
		return
	}
	q.failures++
}

// hold moves an entry to the failure file. The caller holds mu.
func (q *Queue[T]) hold(it item[T]) {
	q.opt.Operator("Queue: holding processing of file " + q.opt.Label(it.work))
	if q.opt.Marshal != nil {
		if rec, ok := q.opt.Marshal(it.work); ok {
			if err := q.fail.append(rec); err == nil {
				q.finish(it.id)
				return
			} else {
				q.opt.Failed(err)
			}
		}
	}
	q.long = append(q.long, it)
}

func (q *Queue[T]) finish(id uint64) {
	if err := q.journal.done(id); err != nil {
		q.opt.Failed(err)
	}
}
