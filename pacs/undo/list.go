package undo

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"conquest/db"
	"conquest/dicomini"
	"conquest/journal"
)

// State is how far a deed is.
type State string

// The states of a deed.
const (
	Whole    State = ""
	UnderWay State = "under way"
	Undoing  State = "being taken back"
)

// Entry is a deed that can be taken back.
type Entry struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	What     string    `json:"what"` // what was asked for
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Until    time.Time `json:"until"`
	Objects  int       `json:"objects"`
	Bytes    int64     `json:"bytes"`
	Patients []string  `json:"patients"` // a few of them
	Studies  []string  `json:"studies"`  // a few of them
	State    State     `json:"state,omitempty"`
}

// fewNamed is how many patients and studies of a deed are named.
const fewNamed = 5

// known is what the journal of a deed says, kept as long as its file is the same.
type known struct {
	entry Entry
	owner string
	tool  bool
	uids  []uint64 // hashes of the UIDs of its objects, sorted
	size  int64
	time  time.Time
}

// List lists the deeds, the newest first.
func (j *Journal) List() ([]Entry, error) {
	cfg := j.site.Config()
	ids, err := j.ids(cfg)
	if err != nil {
		return nil, err
	}
	var list []Entry
	for _, id := range slices.Backward(ids) {
		k, err := j.look(cfg, id)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return list, err
		}
		list = append(list, k.entry)
	}
	return list, nil
}

// Bytes is the size of what is set aside.
func (j *Journal) Bytes() (n int64) {
	list, err := j.List()
	if err != nil {
		return 0
	}
	for _, e := range list {
		n += e.Bytes
	}
	return n
}

// ids are the names of all deeds, the oldest first.
func (j *Journal) ids(cfg *dicomini.Config) ([]string, error) {
	found, err := os.ReadDir(home(cfg))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list what can be taken back: %w", err)
	}
	var list []string
	for _, e := range found {
		if e.IsDir() {
			list = append(list, e.Name())
		}
	}
	slices.SortFunc(list, byAge)
	return list, nil
}

// byAge orders IDs: DATE-TIME-NUMBER.
func byAge(a, b string) int {
	const stamp = len(stampLayout) - 1
	if len(a) < stamp || len(b) < stamp || a[:stamp] != b[:stamp] || len(a) == len(b) {
		return strings.Compare(a, b)
	}
	return len(a) - len(b)
}

// look tells what the journal of a deed says.
func (j *Journal) look(cfg *dicomini.Config, id string) (known, error) {
	path := filepath.Join(home(cfg), id, logName)
	fi, err := os.Stat(path)
	if err != nil {
		return known{}, err
	}
	j.mu.Lock()
	k, ok := j.known[id]
	_, open := j.open[id]
	j.mu.Unlock()
	if !ok || open || k.size != fi.Size() || !k.time.Equal(fi.ModTime()) {
		entries, err := journal.Read(path)
		if err != nil {
			return known{}, err
		}
		k = summary(id, records(entries))
		k.size, k.time = fi.Size(), fi.ModTime()
		j.mu.Lock()
		j.known[id] = k
		j.mu.Unlock()
	}
	k.entry.Until = k.entry.At.Add(Hours(cfg))
	return k, nil
}

// numbered is a record with its number in the journal.
type numbered struct {
	id uint64
	record
}

// records reads entries; one that can not be read is left out, as nothing can be
// brought back with it.
func records(entries []journal.Entry) []numbered {
	list := make([]numbered, 0, len(entries))
	for _, e := range entries {
		n := numbered{id: e.ID}
		if json.Unmarshal(e.Data, &n.record) == nil {
			list = append(list, n)
		}
	}
	return list
}

var seed = maphash.MakeSeed()

func hash(uid string) uint64 { return maphash.String(seed, uid) }

// summary is what the records of a deed say together.
func summary(id string, list []numbered) known {
	k := known{entry: Entry{ID: id, State: UnderWay}}
	for _, r := range list {
		switch {
		case r.Head != nil:
			h := r.Head
			k.entry.Kind, k.entry.What, k.entry.By, k.entry.At = h.Kind, h.What, h.By, h.At
			k.owner, k.tool = h.Owner, h.Tool
		case r.Undoing:
			k.entry.State = Undoing
		case r.End:
			k.entry.State = Whole
		}
		for i := range r.Steps {
			s := &r.Steps[i]
			k.entry.Objects++
			k.entry.Bytes += s.Size
			k.entry.Patients = named(k.entry.Patients, s.Ref.PatientID)
			k.entry.Studies = named(k.entry.Studies, s.Ref.StudyInstanceUID)
			k.uids = append(k.uids, hash(s.Ref.SOPInstanceUID), hash(s.Ref.SeriesInstanceUID), hash(s.Ref.StudyInstanceUID))
		}
	}
	slices.Sort(k.uids)
	k.uids = slices.Clip(slices.Compact(k.uids))
	return k
}

func named(list []string, name string) []string {
	if len(list) >= fewNamed || slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

// Holds tells whether a study, series or object with this UID is among what can be
// taken back.
func (j *Journal) Holds(uid string) bool {
	cfg := j.site.Config()
	if Hours(cfg) == 0 || uid == "" {
		return false
	}
	ids, _ := j.ids(cfg)
	for _, id := range ids {
		k, err := j.look(cfg, id)
		if err != nil {
			continue
		}
		if _, found := slices.BinarySearch(k.uids, hash(uid)); found {
			return true
		}
	}
	return false
}

// DeedsOf are the deeds in which an object of this UID is, the newest first.
func (j *Journal) DeedsOf(uid string) ([]Entry, error) {
	cfg := j.site.Config()
	ids, err := j.ids(cfg)
	if err != nil {
		return nil, err
	}
	var list []Entry
	for _, id := range slices.Backward(ids) {
		k, err := j.look(cfg, id)
		if err != nil {
			continue
		}
		if _, found := slices.BinarySearch(k.uids, hash(uid)); found {
			list = append(list, k.entry)
		}
	}
	return list, nil
}

// same tells whether two references are the same object for the index.
func same(a, b db.ObjectRef) bool {
	return a.SOPInstanceUID == b.SOPInstanceUID && a.PatientID == b.PatientID
}
