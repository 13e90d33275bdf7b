// Package arriving remembers which objects are between the writing of their file
// and the commit of their index rows. A process that was killed in that moment
// leaves their names; the next one makes index and files agree about them
// (docs/original/storage.md 10). Only those that were under way are looked at, in
// their order, and no file is removed but that of the object itself.
package arriving

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"conquest/db"
	"conquest/journal"
)

// Arrival is an object whose file is about to get its name.
type Arrival struct {
	Device string       `json:"d"`
	File   string       `json:"f"`
	SOP    string       `json:"sop,omitempty"` // not in journals of earlier versions
	Old    *db.Location `json:"old,omitempty"` // the same object under another name, to be removed
}

func (a Arrival) location() db.Location { return db.Location{File: a.File, Device: a.Device} }

const (
	prefix = "arriving-"
	suffix = ".log"
)

// Log is the journal of this process.
type Log struct {
	folder, owner string
	path          string
	opt           journal.Options

	mu      sync.Mutex // guards below
	journal *journal.Journal
	failed  bool // the last entry could not be written
}

// New makes the log of this process in a folder, its file when there is something
// in it. owner tells servers of one folder apart: its port, as only one process
// has it. opt.Tell is told when the log can not be written, and not for each
// object.
func New(folder, owner string, opt journal.Options) *Log {
	name := fmt.Sprintf("%s%s-%d-%d%s", prefix, owner, os.Getpid(), time.Now().UnixNano(), suffix)
	if opt.Tell == nil {
		opt.Tell = func(error) {}
	}
	return &Log{folder: folder, owner: owner, path: filepath.Join(folder, name), opt: opt}
}

// Enter notes an object; done notes that its rows are committed and the file it
// replaces is gone, or that it was given up. A log that can not be written does not
// keep objects from being stored: what it would tell after a kill was not
// acknowledged. A nil Log notes nothing.
func (l *Log) Enter(a Arrival) (done func()) {
	if l == nil {
		return func() {}
	}
	j, id, err := l.enter(a)
	if err != nil {
		return func() {}
	}
	return func() { l.told(j.Done(id)) }
}

func (l *Log) enter(a Arrival) (*journal.Journal, uint64, error) {
	data, err := json.Marshal(a)
	if err != nil {
		return nil, 0, err
	}
	j, err := l.open()
	if err != nil {
		return nil, 0, l.told(err)
	}
	id, err := j.Add(data)
	return j, id, l.told(err)
}

func (l *Log) open() (*journal.Journal, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal == nil {
		j, _, err := journal.Open(l.path, l.opt)
		if err != nil {
			return nil, err
		}
		l.journal = j
	}
	return l.journal, nil
}

// told tells of the first of a row of failures.
func (l *Log) told(err error) error {
	l.mu.Lock()
	first := err != nil && !l.failed
	l.failed = err != nil
	l.mu.Unlock()
	if first {
		l.opt.Tell(fmt.Errorf("objects that arrive are not noted: %w", err))
	}
	return err
}

// Close ends the log; its file is removed when nothing is under way.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal == nil {
		return nil
	}
	return l.journal.Close()
}
