package delayed

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"conquest/db"
	"conquest/journal"
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
		(d.SeriesUID == "" || d.SeriesUID == j.SeriesUID) && (d.SOP == "" || slices.Contains(strings.Split(d.SOP, `\`), j.SOP))
}

// stays are the objects that are kept for delayed commands only, in a journal.
type stays struct {
	mu      sync.Mutex // guards below
	journal *journal.Journal
	kept    map[string]keptObject // by SOP instance
}

type keptObject struct {
	Stay
	id uint64 // in the journal
}

// add notes an object on disk. One that was noted before is noted anew.
func (t *stays) add(j Stay) error {
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, again := t.kept[j.SOP]; again {
		err = t.journal.Update(old.id, data)
		if err == nil {
			t.kept[j.SOP] = keptObject{j, old.id}
		}
		return err
	}
	id, err := t.journal.Add(data)
	if err == nil {
		t.kept[j.SOP] = keptObject{j, id}
	}
	return err
}

// remove forgets an object, unless it was written anew meanwhile.
func (t *stays) remove(j Stay) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, known := t.kept[j.SOP]
	if !known || !k.Written.Equal(j.Written) {
		return nil
	}
	delete(t.kept, j.SOP)
	return t.journal.Done(k.id)
}

// needing are the objects that a delayed command reads.
func (t *stays) needing(d scripting.Delayed) []Stay {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Stay
	for _, k := range t.kept {
		if k.needs(d) {
			list = append(list, k.Stay)
		}
	}
	return list
}

func (t *stays) close() error {
	if t.journal == nil {
		return nil
	}
	return t.journal.Close()
}

// openStays takes up what an earlier process kept. An object whose command is
// nowhere any more stays for good: it may be the only copy.
func (q *Queue) openStays() error {
	cfg, t := q.host.Config(), &q.stays
	j, entries, err := journal.Open("StayQueue"+cfg.Owner(), journal.Options{Sync: cfg.SyncWrites, Tell: q.failed})
	if err != nil {
		return fmt.Errorf("destroyed objects that stay: %w", err)
	}
	t.journal, t.kept = j, map[string]keptObject{}
	for _, e := range entries {
		k := keptObject{id: e.ID}
		if err := json.Unmarshal(e.Data, &k.Stay); err != nil {
			q.failed(fmt.Errorf("destroyed object of an earlier run: %w", err))
			continue
		}
		t.kept[k.SOP] = k
		if !q.collector.Contains(k.needs) {
			q.con.Event("*** destroyed object stays: the delayed command that reads it was given up", "sop", k.SOP, "patient", k.PatientID)
			q.forget(k.Stay)
		}
	}
	return nil
}

// Stays tells whether an object is here only because a command waits for it.
func (q *Queue) Stays(sop string) bool {
	q.stays.mu.Lock()
	defer q.stays.mu.Unlock()
	_, mine := q.stays.kept[sop]
	return mine
}

// Stay keeps an object, which is stored, until the command that reads it is done.
func (q *Queue) Stay(j Stay) error {
	if err := q.stays.add(j); err != nil {
		return fmt.Errorf("object stays stored: %w", err)
	}
	q.con.Event("destroyed object stays until the delayed command that reads it is done", "sop", j.SOP, "patient", j.PatientID)
	return nil
}

func (q *Queue) forget(j Stay) {
	if err := q.stays.remove(j); err != nil {
		q.failed(err)
	}
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

// releaseStays removes the objects that a delayed command has dealt with, but not
// those of left, which is nil when it is done, unless another one still waits for
// them, or they were stored anew meanwhile.
func (q *Queue) releaseStays(ctx context.Context, done scripting.Delayed, left *scripting.Delayed, began time.Time) {
	own := key(done)
	for _, j := range q.stays.needing(done) {
		if left != nil && j.needs(*left) {
			continue
		}
		if j.Written.After(began) || q.collector.Contains(func(d scripting.Delayed) bool { return key(d) != own && j.needs(d) }) {
			continue
		}
		if !q.unchanged(j) {
			q.forget(j)
			continue
		}
		ref := db.ObjectRef{
			PatientID: j.PatientID, StudyInstanceUID: j.StudyUID, SeriesInstanceUID: j.SeriesUID, SOPInstanceUID: j.SOP,
			Location: db.Location{File: j.File, Device: j.Device},
		}
		if err := q.host.Remove(ctx, []db.ObjectRef{ref}); err != nil {
			q.con.Event("*** destroyed object is not removed", "sop", j.SOP, "error", err)
		}
		q.forget(j)
	}
}
