package delayed

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"conquest/db"
	"conquest/queue"
	"conquest/scripting"
	"conquest/storage"
)

// Stay is a stored object that an import converter destroyed after it had queued a
// command which will read it: it is kept until that is done.
type Stay struct {
	PatientID string    `json:"patient"`
	StudyUID  string    `json:"study"`
	SeriesUID string    `json:"series"`
	SOP       string    `json:"sop"`
	File      string    `json:"file"`
	Device    string    `json:"device"`
	Written   time.Time `json:"written"` // modification time of the file
}

// needs tells whether a delayed command reads the object.
func (j Stay) needs(d scripting.Delayed) bool {
	switch d.Verb {
	case "forward", "process", "merge", "submit", "submit2":
	default:
		return false
	}
	return d.PatientID == j.PatientID && (d.StudyUID == "" || d.StudyUID == j.StudyUID) &&
		(d.SeriesUID == "" || d.SeriesUID == j.SeriesUID) && (d.SOP == "" || d.SOP == j.SOP)
}

// stays are the objects that are kept for delayed commands only.
type stays struct {
	mu    sync.Mutex
	queue *queue.Queue[Stay] // durable; opened when first needed
	jobs  map[string]Stay    // by SOP instance
}

func (t *stays) get(sop string) (Stay, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j, ok := t.jobs[sop]
	return j, ok
}

func (t *stays) set(j Stay) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.jobs[j.SOP] = j
}

// remove forgets an object, unless it was written anew meanwhile.
func (t *stays) remove(j Stay) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.jobs[j.SOP].Written.Equal(j.Written) {
		delete(t.jobs, j.SOP)
	}
}

// needing are the objects that a delayed command reads.
func (t *stays) needing(d scripting.Delayed) []Stay {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Stay
	for _, j := range t.jobs {
		if j.needs(d) {
			list = append(list, j)
		}
	}
	return list
}

func (q *Queue) stayQueue() (*queue.Queue[Stay], error) {
	t, cfg := &q.stays, q.host.Config()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue != nil {
		return t.queue, nil
	}
	if t.jobs == nil {
		t.jobs = map[string]Stay{}
	}
	opened, err := queue.Open(queue.Options[Stay]{
		Dir: ".", Name: "StayQueue" + cfg.TCPPort, FailFile: "StayFailures" + cfg.TCPPort,
		Label: func(j Stay) string { return j.File },
		Run:   q.runStay, Capacity: capacity,
		HoldOff: seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay),
		Operator: func(string) {}, Failed: q.failed,
	})
	if err != nil {
		return nil, fmt.Errorf("queue of destroyed objects: %w", err)
	}
	opened.Contains(func(j Stay) bool { // what an earlier process kept
		t.jobs[j.SOP] = j
		return false
	})
	t.queue = opened
	return opened, nil
}

// ResumeStays takes up what an earlier process kept.
func (q *Queue) ResumeStays() {
	if _, err := os.Stat("StayQueue" + q.host.Config().TCPPort); err != nil {
		return
	}
	if err := q.OpenStays(); err != nil {
		q.failed(err)
	}
}

// OpenStays makes sure that an object can stay.
func (q *Queue) OpenStays() error {
	_, err := q.stayQueue()
	return err
}

// CloseStays leaves the objects that stay to the next start.
func (q *Queue) CloseStays() {
	t := &q.stays
	t.mu.Lock()
	open := t.queue
	t.mu.Unlock()
	if open == nil {
		return
	}
	if err := open.Close(); err != nil {
		q.failed(err)
	}
}

// Stays tells whether an object is here only because a command waits for it.
func (q *Queue) Stays(sop string) bool {
	_, mine := q.stays.get(sop)
	return mine
}

// Stay keeps an object, which is stored, until the command that reads it is done.
func (q *Queue) Stay(ctx context.Context, j Stay) error {
	open, err := q.stayQueue()
	if err != nil {
		return err
	}
	q.stays.set(j)
	if err := open.Push(ctx, j); err != nil {
		return fmt.Errorf("object stays stored: %w", err)
	}
	q.con.Event("destroyed object stays until the delayed command that reads it is done", "sop", j.SOP, "patient", j.PatientID)
	return nil
}

// runStay looks from time to time whether an object is still waited for. One
// whose delayed command was given up stays for good: it may be the only copy.
// The command is looked for before the object: one that is carried out meanwhile
// has removed the object before it can no longer be found.
func (q *Queue) runStay(_ context.Context, j Stay) queue.Outcome {
	waited := q.collector.Contains(j.needs)
	switch {
	case !q.unchanged(j):
		q.stays.remove(j)
		return queue.Done
	case waited:
		return queue.Deferred
	}
	q.stays.remove(j)
	q.con.Event("*** destroyed object stays: the delayed command that reads it was given up", "sop", j.SOP, "patient", j.PatientID)
	return queue.Done
}

// unchanged tells whether the object is still as it was written to be destroyed.
func (q *Queue) unchanged(j Stay) bool {
	path, _, ok := storage.NewDevices(q.host.Config().Storage).Locate(j.Device, j.File)
	if !ok {
		return false
	}
	fi, err := os.Stat(path)
	return err == nil && fi.ModTime().Equal(j.Written)
}

// releaseStays removes the objects that a delayed command has dealt with, unless
// another one still waits for them, or they were stored anew meanwhile.
func (q *Queue) releaseStays(ctx context.Context, done scripting.Delayed, began time.Time) {
	own := key(done)
	for _, j := range q.stays.needing(done) {
		if j.Written.After(began) || q.collector.Contains(func(d scripting.Delayed) bool { return key(d) != own && j.needs(d) }) {
			continue
		}
		q.stays.remove(j)
		if !q.unchanged(j) {
			continue
		}
		ref := db.ObjectRef{
			PatientID: j.PatientID, StudyInstanceUID: j.StudyUID, SeriesInstanceUID: j.SeriesUID, SOPInstanceUID: j.SOP,
			Location: db.Location{File: j.File, Device: j.Device},
		}
		if err := q.host.Remove(ctx, []db.ObjectRef{ref}); err != nil {
			q.con.Event("*** destroyed object is not removed", "sop", j.SOP, "error", err)
		}
	}
}
