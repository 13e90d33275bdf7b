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

// Kept is a stored object that an import converter destroyed after it had queued a
// command which will read it: it is kept until that is done.
type Kept struct {
	PatientID string    `json:"patient"`
	StudyUID  string    `json:"study"`
	SeriesUID string    `json:"series"`
	SOP       string    `json:"sop"`
	File      string    `json:"file"`
	Device    string    `json:"device"`
	Written   time.Time `json:"written"` // modification time of the file
}

// needs tells whether a delayed command reads the object.
func (j Kept) needs(d scripting.Delayed) bool {
	switch d.Verb {
	case "forward", "process", "merge", "submit", "submit2":
	default:
		return false
	}
	return d.PatientID == j.PatientID && (d.StudyUID == "" || d.StudyUID == j.StudyUID) &&
		(d.SeriesUID == "" || d.SeriesUID == j.SeriesUID) && (d.SOP == "" || slices.Contains(strings.Split(d.SOP, `\`), j.SOP))
}

// keptObjects are the objects that are kept for delayed commands only, in a journal.
type keptObjects struct {
	mu      sync.Mutex // guards below
	journal *journal.Journal
	kept    map[string]keptObject // by SOP instance
}

type keptObject struct {
	Kept
	id uint64 // in the journal
}

// add notes an object on disk. One that was noted before is noted anew.
func (t *keptObjects) add(j Kept) error {
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
func (t *keptObjects) remove(j Kept) error {
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
func (t *keptObjects) needing(d scripting.Delayed) []Kept {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Kept
	for _, k := range t.kept {
		if k.needs(d) {
			list = append(list, k.Kept)
		}
	}
	return list
}

func (t *keptObjects) close() error {
	if t.journal == nil {
		return nil
	}
	return t.journal.Close()
}

// openKept takes up what an earlier process kept. An object whose command is
// nowhere any more stays for good: it may be the only copy.
func (q *Queue) openKept() error {
	cfg, t := q.host.Config(), &q.kept
	j, entries, err := journal.Open("StayQueue"+cfg.Owner(), journal.Options{Sync: cfg.SyncWrites, Tell: q.failed})
	if err != nil {
		return fmt.Errorf("destroyed objects that stay: %w", err)
	}
	t.journal, t.kept = j, map[string]keptObject{}
	for _, e := range entries {
		k := keptObject{id: e.ID}
		if err := json.Unmarshal(e.Data, &k.Kept); err != nil {
			q.failed(fmt.Errorf("destroyed object of an earlier run: %w", err))
			continue
		}
		t.kept[k.SOP] = k
		if !q.collector.Contains(k.needs) {
			q.con.Event("*** destroyed object stays: the delayed command that reads it was given up", "sop", k.SOP, "patient", k.PatientID)
			q.forget(k.Kept)
		}
	}
	return nil
}

// HoldsOnly tells whether an object is here only because a command waits for it.
func (q *Queue) HoldsOnly(sop string) bool {
	q.kept.mu.Lock()
	defer q.kept.mu.Unlock()
	_, mine := q.kept.kept[sop]
	return mine
}

// Keep keeps an object, which is stored, until the command that reads it is done.
func (q *Queue) Keep(j Kept) error {
	if err := q.kept.add(j); err != nil {
		return fmt.Errorf("object stays stored: %w", err)
	}
	q.con.Event("destroyed object stays until the delayed command that reads it is done", "sop", j.SOP, "patient", j.PatientID)
	return nil
}

func (q *Queue) forget(j Kept) {
	if err := q.kept.remove(j); err != nil {
		q.failed(err)
	}
}

// unchanged tells whether the object is still as it was written to be destroyed.
func (q *Queue) unchanged(j Kept) bool {
	path, _, ok := storage.NewDevices(q.host.Config().Storage).Locate(j.Device, j.File)
	if !ok {
		return false
	}
	fi, err := os.Stat(path)
	return err == nil && fi.ModTime().Equal(j.Written)
}

// releaseKept removes the objects that a delayed command has dealt with, but not
// those of left, which is nil when it is done, unless another one still waits for
// them, or they were stored anew meanwhile.
func (q *Queue) releaseKept(ctx context.Context, done scripting.Delayed, left *scripting.Delayed, began time.Time) {
	own := key(done)
	for _, j := range q.kept.needing(done) {
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
