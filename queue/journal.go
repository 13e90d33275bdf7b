package queue

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// journal is an append-only file of JSON lines: an entry when work is accepted,
// its number again when it is done. It is emptied whenever nothing is open.
type journal struct {
	path string
	file *os.File
	open map[uint64]struct{}
	next uint64
	size int64
}

type journalLine struct {
	ID   uint64          `json:"id"`
	Done bool            `json:"done,omitempty"`
	Work json.RawMessage `json:"work,omitempty"`
}

type journalEntry struct {
	id   uint64
	work json.RawMessage
}

// openJournal opens or makes the file at path and returns the entries that are
// not done, in the order they came. A torn last line is dropped: its Push never
// returned.
func openJournal(path string) (*journal, []journalEntry, error) {
	j := &journal{path: path, open: map[uint64]struct{}{}}
	entries, err := j.load()
	if err != nil {
		return nil, nil, fmt.Errorf("read queue journal %s: %w", path, err)
	}
	if err := j.rewrite(entries); err != nil {
		return nil, nil, err
	}
	return j, entries, nil
}

func (j *journal) load() ([]journalEntry, error) {
	data, err := os.ReadFile(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var entries []journalEntry
	done := map[uint64]bool{}
	for line := range bytes.Lines(data) {
		var l journalLine
		if json.Unmarshal(line, &l) != nil {
			continue
		}
		j.next = max(j.next, l.ID+1)
		if l.Done {
			done[l.ID] = true
			continue
		}
		entries = append(entries, journalEntry{l.ID, l.Work})
	}
	return slices.DeleteFunc(entries, func(e journalEntry) bool { return done[e.id] }), nil
}

// rewrite replaces the file by one that holds just entries; no file at all when
// there are none.
func (j *journal) rewrite(entries []journalEntry) error {
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
	clear(j.open)
	j.size = 0
	if len(entries) == 0 {
		if err := os.Remove(j.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("empty queue journal: %w", err)
		}
		return nil
	}
	tmp := j.path + ".new"
	f, err := os.Create(tmp)
	if err != nil {
		return fmt.Errorf("write queue journal: %w", err)
	}
	w := bufio.NewWriter(f)
	for _, e := range entries {
		line, _ := json.Marshal(journalLine{ID: e.id, Work: e.work})
		n, _ := w.Write(append(line, '\n'))
		j.size += int64(n)
		j.open[e.id] = struct{}{}
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write queue journal %s: %w", tmp, err)
	}
	if err := os.Rename(tmp, j.path); err != nil {
		return fmt.Errorf("write queue journal: %w", err)
	}
	return nil
}

func (j *journal) write(l journalLine) error {
	if j.file == nil {
		f, err := os.OpenFile(j.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("open queue journal: %w", err)
		}
		j.file = f
	}
	line, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write queue journal: %w", err)
	}
	n, err := j.file.Write(append(line, '\n'))
	j.size += int64(n)
	if err != nil {
		return fmt.Errorf("write queue journal %s: %w", filepath.Base(j.path), err)
	}
	return nil
}

// add writes work and returns its number.
func (j *journal) add(work any) (uint64, error) {
	raw, err := json.Marshal(work)
	if err != nil {
		return 0, fmt.Errorf("write queue journal: %w", err)
	}
	id := j.next
	if err := j.write(journalLine{ID: id, Work: raw}); err != nil {
		return 0, err
	}
	j.next++
	j.open[id] = struct{}{}
	return id, nil
}

// compactAbove is the size in bytes from which an empty queue's journal is
// removed rather than left to grow.
const compactAbove = 64 << 10

// done marks the entry; the file shrinks to nothing when it was the last.
func (j *journal) done(id uint64) error {
	delete(j.open, id)
	if len(j.open) == 0 && j.size > compactAbove {
		return j.rewrite(nil)
	}
	return j.write(journalLine{ID: id, Done: true})
}

func (j *journal) close() error {
	if len(j.open) == 0 {
		return j.rewrite(nil)
	}
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
