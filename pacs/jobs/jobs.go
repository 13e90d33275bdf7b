// Package jobs carries out work that goes on behind the answer to who asked for it:
// to send a study, to change one. A job has progress, can be cancelled and done once
// more, and survives a restart: its record is on disk before it begins.
//
// What a kind of job does is a function that the owner registers ([Kinds]); the
// package knows nothing of DICOM.
package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"conquest/group"
	"conquest/journal"
)

// States of a job.
const (
	Waiting     = "waiting"
	Running     = "running"
	Done        = "done"
	Failed      = "failed"
	Cancelled   = "cancelled"
	Interrupted = "interrupted" // the server ended while it ran, and it may not run twice by itself
)

// States are all of them.
var States = []string{Waiting, Running, Done, Failed, Cancelled, Interrupted}

// Job is one of them as it is now.
type Job struct {
	ID                      uint64          `json:"-"`
	Kind                    string          `json:"kind"`
	Owner                   string          `json:"owner"` // who asked
	About                   string          `json:"about"` // in words
	Request                 json.RawMessage `json:"request"`
	State                   string          `json:"state"`
	Created                 time.Time       `json:"created"`
	Began                   time.Time       `json:"began"`
	Ended                   time.Time       `json:"ended"`
	Finished, Total, Errors int
	Error                   string `json:"error"`
	Result                  string `json:"result"` // in words
	File                    string `json:"file"`   // that it made; "" when it makes none
}

// Ends tells whether nothing more becomes of it by itself.
func (j *Job) Ends() bool { return j.State != Waiting && j.State != Running }

// Kind is a kind of job.
type Kind struct {
	// Run does it. An error that is that of ctx is a cancellation.
	Run func(ctx context.Context, p *Progress, request json.RawMessage) error
	// Again tells that it may be run from its beginning when the server ended while it
	// ran.
	Again bool
	// Forget is called when a job is not remembered any more; may be nil.
	Forget func(j Job)
}

// Bounds of what is remembered.
const (
	keptFor    = 7 * 24 * time.Hour
	maxKept    = 1000
	maxWaiting = 10000
	workers    = 2
)

// Errors of requests.
var (
	ErrUnknown  = errors.New("no such job")
	ErrTooMany  = errors.New("too many jobs wait")
	ErrEnded    = errors.New("the job has ended")
	ErrNotEnded = errors.New("the job has not ended")
)

// Jobs are those of a server.
type Jobs struct {
	kinds map[string]Kind
	tell  func(error)

	mu       sync.Mutex // guards all below
	journal  *journal.Journal
	all      map[uint64]*Job
	waiting  []uint64
	cancels  map[uint64]context.CancelFunc
	changed  map[chan Job]bool
	wake     chan struct{}
	ctx      context.Context
	cancel   context.CancelFunc
	work     group.Group
	finished bool
}

// Open takes up the jobs that an earlier process left in the journal at path, and
// begins to work. tell is told of records that can not be written.
func Open(path string, opt journal.Options, kinds map[string]Kind, tell func(error)) (*Jobs, error) {
	log, entries, err := journal.Open(path, opt)
	if err != nil {
		return nil, err
	}
	j := &Jobs{kinds: kinds, tell: tell, journal: log, all: map[uint64]*Job{}, cancels: map[uint64]context.CancelFunc{},
		changed: map[chan Job]bool{}, wake: make(chan struct{}, workers)}
	for _, e := range entries {
		job := &Job{}
		if err := json.Unmarshal(e.Data, job); err != nil {
			tell(fmt.Errorf("job %d of an earlier run is not readable: %w", e.ID, err))
			continue
		}
		job.ID = e.ID
		j.all[e.ID] = job
		switch {
		case job.State == Running && !kinds[job.Kind].Again:
			job.State, job.Ended = Interrupted, time.Now()
			job.Error = "the server ended while it ran: look at what was done, then do it once more"
			j.write(job)
		case !job.Ends():
			job.State = Waiting
			j.waiting = append(j.waiting, e.ID)
		}
	}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	for range workers {
		j.work.Go("jobs", j.serve)
		j.wake <- struct{}{}
	}
	return j, nil
}

// Close ends what runs: it goes on at the next start, or is interrupted.
func (j *Jobs) Close() error {
	j.cancel()
	j.work.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.finished = true
	return j.journal.Close()
}

// Start enters a job; it is on disk when Start returns it.
func (j *Jobs) Start(kind, owner, about string, request any) (Job, error) {
	if _, ok := j.kinds[kind]; !ok {
		return Job{}, fmt.Errorf("job of kind %q: %w", kind, ErrUnknown)
	}
	text, err := json.Marshal(request)
	if err != nil {
		return Job{}, err
	}
	job := &Job{Kind: kind, Owner: owner, About: about, Request: text, State: Waiting, Created: time.Now()}
	data, err := json.Marshal(job)
	if err != nil {
		return Job{}, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.waiting) >= maxWaiting {
		return Job{}, ErrTooMany
	}
	if job.ID, err = j.journal.Add(data); err != nil {
		return Job{}, fmt.Errorf("enter job: %w", err)
	}
	j.all[job.ID] = job
	j.waiting = append(j.waiting, job.ID)
	j.announce(job)
	j.signal()
	return *job, nil
}

func (j *Jobs) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// List are all jobs, the newest first.
func (j *Jobs) List() []Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := make([]Job, 0, len(j.all))
	for _, job := range j.all {
		list = append(list, *job)
	}
	slices.SortFunc(list, func(a, b Job) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID)) })
	return list
}

// Get is one job.
func (j *Jobs) Get(id uint64) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	job := j.all[id]
	if job == nil {
		return Job{}, ErrUnknown
	}
	return *job, nil
}

// Count are the numbers of jobs by state.
func (j *Jobs) Count() map[string]int {
	count := map[string]int{}
	for _, s := range States {
		count[s] = 0
	}
	if j == nil {
		return count
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, job := range j.all {
		count[job.State]++
	}
	return count
}

// Cancel ends a job: one that waits at once, one that runs as soon as it looks.
func (j *Jobs) Cancel(id uint64) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	job := j.all[id]
	switch {
	case job == nil:
		return Job{}, ErrUnknown
	case job.Ends():
		return *job, ErrEnded
	case job.State == Waiting:
		j.waiting = slices.DeleteFunc(j.waiting, func(w uint64) bool { return w == id })
		job.State, job.Ended = Cancelled, time.Now()
		j.write(job)
		j.announce(job)
	default:
		j.cancels[id]()
	}
	return *job, nil
}

// Retry does a job that has ended once more.
func (j *Jobs) Retry(id uint64) (Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	job := j.all[id]
	switch {
	case job == nil:
		return Job{}, ErrUnknown
	case !job.Ends():
		return *job, ErrNotEnded
	}
	job.State, job.Error, job.Result, job.File = Waiting, "", "", ""
	job.Finished, job.Total, job.Errors, job.Began, job.Ended = 0, 0, 0, time.Time{}, time.Time{}
	j.write(job)
	j.waiting = append(j.waiting, id)
	j.announce(job)
	j.signal()
	return *job, nil
}

// Follow gives changes of jobs until ctx ends; who does not keep up misses some.
func (j *Jobs) Follow(ctx context.Context, f func(Job)) {
	c := make(chan Job, 256)
	j.mu.Lock()
	j.changed[c] = true
	j.mu.Unlock()
	defer func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.changed, c)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-c:
			f(job)
		}
	}
}

// announce tells followers of a change. The caller holds mu.
func (j *Jobs) announce(job *Job) {
	for c := range j.changed {
		select {
		case c <- *job:
		default:
		}
	}
}

// write keeps a job as it is. The caller holds mu.
func (j *Jobs) write(job *Job) {
	data, err := json.Marshal(job)
	if err == nil {
		err = j.journal.Update(job.ID, data)
	}
	if err != nil {
		j.tell(fmt.Errorf("job %d is not written: %w", job.ID, err))
	}
}

// forget drops what ended long ago. The caller holds mu.
func (j *Jobs) forget(now time.Time) {
	ids := slices.Sorted(maps.Keys(j.all))
	ended := 0
	for _, id := range slices.Backward(ids) {
		job := j.all[id]
		if !job.Ends() {
			continue
		}
		if ended++; ended <= maxKept && now.Sub(job.Ended) < keptFor {
			continue
		}
		if f := j.kinds[job.Kind].Forget; f != nil {
			f(*job)
		}
		delete(j.all, id)
		if err := j.journal.Done(id); err != nil {
			j.tell(err)
		}
	}
}
