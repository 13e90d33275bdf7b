package server

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/queue"
	"conquest/scripting"
	"conquest/storage"
)

// stayJob is an object that an import converter destroyed after it had queued a
// delayed command which will read it: it is kept until that is done.
type stayJob struct {
	PatientID string    `json:"patient"`
	StudyUID  string    `json:"study"`
	SeriesUID string    `json:"series"`
	SOP       string    `json:"sop"`
	File      string    `json:"file"`
	Device    string    `json:"device"`
	Written   time.Time `json:"written"` // modification time of the file
}

// needs tells whether a delayed command reads the object.
func (j stayJob) needs(d scripting.Delayed) bool {
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
	queue *queue.Queue[stayJob] // durable; opened when first needed
	jobs  map[string]stayJob    // by SOP instance
}

// stay keeps an object that was destroyed while a delayed command waits for it.
// One that was stored before, to be kept, is left as it is.
func (s *Server) stay(ctx context.Context, cfg *dicomini.Config, in *arrival) error {
	if in.ds.String(dicom.SOPInstanceUID) == "" {
		return nil
	}
	sop, patient := in.ds.String(dicom.SOPInstanceUID), in.ds.String(dicom.PatientID)
	q, err := s.stayQueue(cfg)
	if err != nil {
		return err
	}
	_, found, err := s.db.Lookup(ctx, sop, patient)
	if err != nil {
		return fmt.Errorf("look object up: %w", err)
	}
	if _, mine := s.net.stays.get(sop); found && !mine {
		return nil
	}
	res, err := s.keep(ctx, cfg, in, false)
	if err != nil || res.path == "" {
		return err
	}
	fi, err := os.Stat(res.path)
	if err != nil {
		return err
	}
	job := stayJob{
		PatientID: patient, StudyUID: in.ds.String(dicom.StudyInstanceUID), SeriesUID: in.ds.String(dicom.SeriesInstanceUID),
		SOP: sop, File: res.loc.File, Device: res.loc.Device, Written: fi.ModTime(),
	}
	s.net.stays.set(job)
	if err := q.Push(ctx, job); err != nil {
		return fmt.Errorf("object stays stored: %w", err)
	}
	s.con.Event("destroyed object stays until the delayed command that reads it is done", "sop", sop, "patient", patient)
	return nil
}

func (t *stays) get(sop string) (stayJob, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j, ok := t.jobs[sop]
	return j, ok
}

func (t *stays) set(j stayJob) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.jobs == nil {
		t.jobs = map[string]stayJob{}
	}
	t.jobs[j.SOP] = j
}

func (t *stays) remove(sop string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.jobs, sop)
}

// needing are the objects that a delayed command reads.
func (t *stays) needing(d scripting.Delayed) []stayJob {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []stayJob
	for _, j := range t.jobs {
		if j.needs(d) {
			list = append(list, j)
		}
	}
	return list
}

func (s *Server) stayQueue(cfg *dicomini.Config) (*queue.Queue[stayJob], error) {
	t := &s.net.stays
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue != nil {
		return t.queue, nil
	}
	q, err := queue.Open(queue.Options[stayJob]{
		Dir: ".", Name: "StayQueue" + cfg.TCPPort, FailFile: "StayFailures" + cfg.TCPPort,
		Label: func(j stayJob) string { return j.File },
		Run:   s.runStay, Capacity: queueCapacity,
		HoldOff: seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay),
		Operator: func(string) {}, Failed: s.sayQueueError,
	})
	if err != nil {
		return nil, fmt.Errorf("queue of destroyed objects: %w", err)
	}
	t.queue = q
	return q, nil
}

// resumeStays takes up what an earlier process kept.
func (s *Server) resumeStays(cfg *dicomini.Config) {
	if _, err := os.Stat("StayQueue" + cfg.TCPPort); err != nil {
		return
	}
	if _, err := s.stayQueue(cfg); err != nil {
		s.sayQueueError(err)
	}
}

func (s *Server) closeStays() {
	t := &s.net.stays
	t.mu.Lock()
	q := t.queue
	t.mu.Unlock()
	if q == nil {
		return
	}
	if err := q.Close(); err != nil {
		s.sayQueueError(err)
	}
}

// runStay looks from time to time whether an object is still waited for. One
// whose delayed command was given up stays for good: it may be the only copy.
func (s *Server) runStay(_ context.Context, j stayJob) queue.Outcome {
	if !s.unchanged(j) {
		s.net.stays.remove(j.SOP)
		return queue.Done
	}
	s.net.stays.set(j)
	if w := s.delayed; w == nil || w.collector.Contains(j.needs) {
		return queue.Deferred
	}
	s.net.stays.remove(j.SOP)
	s.con.Event("*** destroyed object stays: the delayed command that reads it was given up", "sop", j.SOP, "patient", j.PatientID)
	return queue.Done
}

// unchanged tells whether the object is still as it was written to be destroyed.
func (s *Server) unchanged(j stayJob) bool {
	path, _, ok := storage.NewDevices(s.live.Current().Storage).Locate(j.Device, j.File)
	if !ok {
		return false
	}
	fi, err := os.Stat(path)
	return err == nil && fi.ModTime().Equal(j.Written)
}

// releaseStays removes the objects that a delayed command has dealt with, unless
// another one still waits for them, or they were stored anew meanwhile.
func (s *Server) releaseStays(ctx context.Context, cfg *dicomini.Config, done scripting.Delayed, began time.Time) {
	key := delayedKey(done)
	for _, j := range s.net.stays.needing(done) {
		if j.Written.After(began) || s.delayed.collector.Contains(func(d scripting.Delayed) bool { return delayedKey(d) != key && j.needs(d) }) {
			continue
		}
		s.net.stays.remove(j.SOP)
		if !s.unchanged(j) {
			continue
		}
		ref := db.ObjectRef{
			PatientID: j.PatientID, StudyInstanceUID: j.StudyUID, SeriesInstanceUID: j.SeriesUID, SOPInstanceUID: j.SOP,
			Location: db.Location{File: j.File, Device: j.Device},
		}
		if err := s.removeObjects(ctx, cfg, []db.ObjectRef{ref}); err != nil {
			s.con.Event("*** destroyed object is not removed", "sop", j.SOP, "error", err)
		}
	}
}
