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

// Outcome is what became of a piece of work.
type Outcome int

const (
	// Done: nothing more to do, successful or not.
	Done Outcome = iota
	// Retry: could not be done now, keep it.
	Retry
	// Deferred is Retry that does not count as a failure for MaxRetries and holds
	// nothing but itself.
	Deferred
	// Refused: will never be done as it is; it becomes a dead letter.
	Refused
)

// Options describes a queue of work of type T, which must survive JSON.
type Options[T any] struct {
	Dir      string // of the journal
	Name     string // file name of the journal, which names the queue too
	Kind     string // of work, in one word, for the list of dead letters
	FailFile string // path of the failure file, the original server's name
	// RecordSize, Marshal and Unmarshal describe the records of the failure
	// file. Marshal answers false when work does not fit a record; it then stays
	// in the journal. A nil Marshal keeps all work there.
	RecordSize int
	Marshal    func(T) ([]byte, bool)
	Unmarshal  func([]byte) (T, error)

	Label    func(T) string // for log lines and the listing: the file name
	Describe func(T) string // for the list of dead letters; nil: Label
	Patient  func(T) string // patient ID for the listing; may be nil
	// Destination names where work goes, when that is known before it runs. Where
	// it is nil, or answers "", the run tells by its [Delivery].
	Destination func(T) string
	// Redirect is work for another destination. nil: by [Delivery.Target].
	Redirect func(work T, to string) T
	// Run does work; the context carries its [Delivery].
	Run     func(context.Context, T) Outcome
	Workers int // default 1
	// Capacity is the number of waiting entries from which Push waits.
	Capacity int
	// MaxLetters bounds the dead letters; further ones are dropped with a line.
	// 0 for 100,000.
	MaxLetters int

	Sync       bool // journals reach the platter before Push returns
	HoldOff    time.Duration
	RetryDelay time.Duration
	MaxRetries int
	// Ready, when not nil, is asked before work is tried again.
	Ready func() bool
	Gate  *Gate // paused destinations; may be nil

	Operator func(line string) // the original's log lines
	Failed   func(err error)   // journal or failure file could not be used
	FS       journal.FS        // nil: the disk
}

const maxLetters = 100000

// item is a piece of work with what is known about it.
type item[T any] struct {
	id  uint64 // in the journal, unless rec is used
	rec int    // index in the failure file, or noRecord
	// filled tells that Work has what the record has.
	filled bool
	envelope[T]
	due time.Time // of an item that waits for itself
}

const noRecord = -1

// envelope is what the journal has of an item.
type envelope[T any] struct {
	Work  T         `json:"work"`
	Since time.Time `json:"since"`
	Note
}

// Note is what is known about work that did not go through at once.
type Note struct {
	Destination string            `json:"to,omitempty"`
	Reason      string            `json:"why,omitempty"`
	Dead        bool              `json:"dead,omitempty"`
	Sent        []string          `json:"sent,omitempty"`  // what earlier runs have sent, see Delivery
	Moved       map[string]string `json:"moved,omitempty"` // other destinations
	Tries       int               `json:"tries,omitempty"`
}

// Queue is a durable queue with its workers. See the package comment for what it
// promises.
type Queue[T any] struct {
	opt Options[T]

	mu      sync.Mutex // guards all below
	journal *journal.Journal
	fail    *journal.Records // nil without Marshal
	records int              // open ones in fail
	// restored are held items of an earlier process whose destination is not known.
	restored []*item[T]
	waiting  []*item[T]
	running  []*item[T]
	alone    []*item[T] // held for themselves, by rising time
	dests    map[string]*destination[T]
	dead     map[uint64]*item[T]
	retried  int // held items run since a waiting one was
	lastErr  string

	wake    chan struct{} // work came or time to look again; capacity 1 per worker
	room    chan struct{} // a place became free; capacity 1
	ctx     context.Context
	cancel  context.CancelFunc
	workers group.Group
}

// Open takes up what an earlier process left. Work begins with [Queue.Start].
func Open[T any](opt Options[T]) (*Queue[T], error) {
	opt.Workers = max(opt.Workers, 1)
	opt.Capacity = max(opt.Capacity, 1)
	if opt.MaxLetters <= 0 {
		opt.MaxLetters = maxLetters
	}
	if opt.Operator == nil {
		opt.Operator = func(string) {}
	}
	if opt.Failed == nil {
		opt.Failed = func(error) {}
	}
	q := &Queue[T]{
		opt: opt, dests: map[string]*destination[T]{}, dead: map[uint64]*item[T]{},
		wake: make(chan struct{}, opt.Workers), room: make(chan struct{}, 1),
	}
	if err := q.load(); err != nil {
		return nil, err
	}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	opt.Gate.join(q.signalAll)
	return q, nil
}

// Start begins to work. The workers end with [Queue.Close].
func (q *Queue[T]) Start() {
	for n := range q.opt.Workers {
		q.workers.Go("queue "+q.opt.Name, func() { q.work(n) })
	}
}

func (q *Queue[T]) load() error {
	options := journal.Options{Sync: q.opt.Sync, Tell: q.opt.Failed, Upgrade: upgrade, FS: q.opt.FS}
	j, entries, err := journal.Open(filepath.Join(q.opt.Dir, q.opt.Name), options)
	if err != nil {
		return err
	}
	q.journal = j
	if q.opt.Marshal != nil {
		if q.fail, err = journal.OpenRecords(q.opt.FailFile, q.opt.RecordSize, options); err != nil {
			return err
		}
		q.loadRecords()
	}
	for _, e := range entries {
		it := &item[T]{id: e.ID, rec: noRecord}
		if err := json.Unmarshal(e.Data, &it.envelope); err != nil {
			q.opt.Failed(fmt.Errorf("queue %s: entry %d of an earlier run is not readable: %w", q.opt.Name, e.ID, err))
			continue // and stays in the journal
		}
		if it.Since.IsZero() {
			it.Since = time.Now()
		}
		q.restore(it)
	}
	return nil
}

func (q *Queue[T]) restore(it *item[T]) {
	switch {
	case it.Dead:
		q.dead[it.id] = it
	case it.Destination != "":
		q.dest(it.Destination).add(it)
	case it.Reason != "":
		q.alone = append(q.alone, it)
	default:
		q.waiting = append(q.waiting, it)
	}
}

// upgrade gives an entry of earlier versions, bare work, the form of now.
func upgrade(data []byte) ([]byte, error) {
	return json.Marshal(envelope[json.RawMessage]{Work: data})
}

// Push accepts work: it is on disk when Push returns nil, and not in the queue
// otherwise. While the queue is full Push waits, until ctx ends.
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
	it := &item[T]{rec: noRecord, envelope: envelope[T]{Work: work, Since: time.Now()}}
	if err := q.enter(it); err != nil {
		return err
	}
	q.waiting = append(q.waiting, it)
	q.signal()
	return nil
}

func (q *Queue[T]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// signalAll has all destinations looked at again.
func (q *Queue[T]) signalAll() {
	for range q.opt.Workers {
		q.signal()
	}
}

// Close stops taking work up, waits for what is running and leaves the rest on
// disk for the next Open.
func (q *Queue[T]) Close() error {
	q.cancel()
	q.workers.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fail != nil {
		if err := q.fail.Close(); err != nil {
			q.opt.Failed(err)
		}
	}
	return q.journal.Close()
}

// Reset forgets the failure state: what is held is tried again now.
func (q *Queue[T]) Reset() {
	q.mu.Lock()
	for _, d := range q.dests {
		d.due, d.failures = time.Time{}, 0
	}
	for _, it := range q.alone {
		it.due = time.Time{}
	}
	q.mu.Unlock()
	q.signalAll()
}

// State is what a listing of a queue shows.
type State struct {
	Waiting, Running int
	Failed           int       // held to be tried again
	Letters          int       // dead
	Oldest           time.Time // of the waiting entries; zero when none
	OldestLabel      string
	LastError        string // label of the work that failed last
}

// Open is the number of entries that will be worked on without anybody's doing.
func (s State) Open() int { return s.Waiting + s.Running + s.Failed }

// State counts what is open.
func (q *Queue[T]) State() State {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := State{Waiting: len(q.waiting), Running: len(q.running), Letters: len(q.dead), LastError: q.lastErr}
	s.Failed = len(q.restored) + len(q.alone)
	for _, d := range q.dests {
		s.Failed += len(d.items)
	}
	if len(q.waiting) > 0 {
		s.Oldest = q.waiting[0].Since
		s.OldestLabel = q.opt.Label(q.waiting[0].Work)
	}
	return s
}

// matches asks about an item that is held. The caller holds mu.
func (q *Queue[T]) matches(it *item[T], match func(T) bool) bool {
	if q.fill(it) != nil {
		return false
	}
	ok := match(it.Work)
	if it.rec != noRecord {
		q.empty(it)
	}
	return ok
}

// Contains tells whether match is true for work that is waiting or running in
// this queue or kept after a failure, dead letters included.
func (q *Queue[T]) Contains(match func(T) bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	held := [][]*item[T]{q.restored, q.alone}
	for _, d := range q.dests {
		held = append(held, d.items)
	}
	for _, list := range [][]*item[T]{q.waiting, q.running} {
		if slices.ContainsFunc(list, func(it *item[T]) bool { return match(it.Work) }) {
			return true
		}
	}
	for _, list := range held {
		if slices.ContainsFunc(list, func(it *item[T]) bool { return q.matches(it, match) }) {
			return true
		}
	}
	for _, it := range q.dead {
		if match(it.Work) {
			return true
		}
	}
	return false
}
