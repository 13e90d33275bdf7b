package journal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
)

// Options says how a journal works.
type Options struct {
	// Sync puts each entry on the platter before Add returns.
	Sync bool
	// CompactAbove is the size in bytes from which the file is written anew when
	// more than half of it is done; 0 for 256 kB.
	CompactAbove int64
	// Tell gets what is wrong but loses nothing more: damage that was set aside,
	// a file that could not be made smaller. nil: nobody is told.
	Tell func(error)
	// Upgrade converts the data of an entry that an earlier version wrote; nil:
	// it is in the form of now.
	Upgrade func(data []byte) ([]byte, error)
	FS      FS // nil: Disk
}

const compactAbove = 256 << 10

// Entry is something to be done.
type Entry struct {
	ID   uint64
	Data []byte
}

// Journal is a file of open entries. It is safe for concurrent use.
type Journal struct {
	path string
	opt  Options

	mu    sync.Mutex // guards below
	file  File       // nil: not open
	size  int64      // of the file, as far as it is known to be good
	open  map[uint64][]byte
	live  int64 // bytes that the open entries take
	next  uint64
	marks []byte // that entries are done, not written yet
	// unsure: the end of the file is not known; it is written anew before anything
	// is added.
	unsure    bool
	damaged   []byte // what could not be read and is to be set aside
	compactAt int64
}

// lineOverhead is about what a line takes besides its data.
const lineOverhead = 24

// Open opens the journal at path, which need not be there, and returns the open
// entries in the order in which they were added. It fails only when the file can
// not be read.
func Open(path string, opt Options) (*Journal, []Entry, error) {
	if opt.FS == nil {
		opt.FS = Disk{}
	}
	if opt.Tell == nil {
		opt.Tell = func(error) {}
	}
	if opt.CompactAbove <= 0 {
		opt.CompactAbove = compactAbove
	}
	h, err := load(opt.FS, path)
	if err != nil {
		return nil, nil, fmt.Errorf("read journal %s: %w", path, err)
	}
	h.upgrade(path, opt.Upgrade, opt.Tell)
	j := &Journal{path: path, opt: opt, open: map[uint64][]byte{}, size: h.size, next: h.next, compactAt: opt.CompactAbove}
	entries := h.list()
	for _, e := range entries {
		j.hold(e.ID, e.Data)
	}
	if len(h.damaged) > 0 {
		opt.Tell(h.report(path))
		j.damaged = bytes.Join(h.damaged, nil)
	}
	j.unsure = len(h.damaged) > 0 || h.plain || h.ragged
	if j.unsure || h.size > 0 && (len(entries) == 0 || j.wasteful()) {
		if err := j.rewrite(); err != nil {
			opt.Tell(err)
		}
	}
	return j, entries, nil
}

func (j *Journal) hold(id uint64, data []byte) {
	j.open[id] = data
	j.live += int64(len(data)) + lineOverhead
}

func (j *Journal) forget(id uint64) {
	data, open := j.open[id]
	if open {
		delete(j.open, id)
		j.live -= int64(len(data)) + lineOverhead
	}
}

// Add writes an entry and returns its number. The data must not contain a line
// end.
func (j *Journal) Add(data []byte) (uint64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	id := j.next
	j.next++ // no number is used twice, also after a failure
	return id, j.put(id, data)
}

// Update gives an open entry other data; its place in the order stays. After an
// error it is as it was.
func (j *Journal) Update(id uint64, data []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, open := j.open[id]; !open {
		return fmt.Errorf("update journal %s: entry %d is not open", j.path, id)
	}
	return j.put(id, data)
}

func (j *Journal) put(id uint64, data []byte) error {
	if bytes.IndexByte(data, '\n') >= 0 {
		return fmt.Errorf("write journal %s: the entry has several lines", j.path)
	}
	if err := j.write(line{act: actAdd, id: id, data: data}.append(nil), j.opt.Sync); err != nil {
		return err
	}
	j.forget(id)
	j.hold(id, slices.Clone(data))
	j.compact()
	return nil
}

// Done marks entries. After an error they are marked by the next write; nothing
// need be done about it.
func (j *Journal) Done(ids ...uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var marks []byte
	for _, id := range ids {
		if _, open := j.open[id]; open {
			j.forget(id)
			marks = line{act: actDone, id: id}.append(marks)
		}
	}
	if len(marks) == 0 && len(j.marks) == 0 {
		return nil
	}
	if len(j.open) == 0 && j.size > j.opt.CompactAbove {
		return j.rewrite()
	}
	if err := j.write(marks, false); err != nil {
		j.marks = append(j.marks, marks...)
		return err
	}
	j.compact()
	return nil
}

// Open is the number of entries that are open.
func (j *Journal) Open() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.open)
}

// write adds lines to the file, or nothing.
func (j *Journal) write(lines []byte, sync bool) error {
	if j.unsure {
		if err := j.rewrite(); err != nil {
			return err
		}
	}
	fresh := j.file == nil && j.size == 0
	if err := j.reach(); err != nil {
		return fmt.Errorf("write journal %s: %w", j.path, err)
	}
	lines = append(slices.Clone(j.marks), lines...)
	_, err := j.file.WriteAt(lines, j.size)
	if err == nil && sync {
		if err = j.file.Sync(); err != nil {
			j.unsure = true // nobody knows which pages are written
		}
		if err == nil && fresh {
			err = j.opt.FS.SyncDir(filepath.Dir(j.path))
		}
	}
	if err != nil {
		if cut := j.file.Truncate(j.size); cut != nil {
			j.unsure = true
		}
		return fmt.Errorf("write journal %s: %w", j.path, err)
	}
	j.size += int64(len(lines))
	j.marks = nil
	return nil
}

// reach opens the file.
func (j *Journal) reach() error {
	if j.file != nil {
		return nil
	}
	f, err := j.opt.FS.Open(j.path, true)
	if err != nil {
		return err
	}
	j.file = f
	return nil
}

func (j *Journal) wasteful() bool { return j.size > j.opt.CompactAbove && j.size > 2*j.live }

// compact writes the file anew when most of it is done. A failure is told; the
// file is good as it was.
func (j *Journal) compact() {
	if j.size < j.compactAt || !j.wasteful() {
		return
	}
	if err := j.rewrite(); err != nil {
		j.compactAt = 2 * j.size
		j.opt.Tell(err)
	}
}

// rewrite replaces the file by one with just the open entries, or removes it.
func (j *Journal) rewrite() error {
	j.setAside()
	if len(j.open) == 0 {
		return j.remove()
	}
	data := line{act: actNext, id: j.next}.append(nil)
	for _, id := range slices.Sorted(maps.Keys(j.open)) {
		data = line{act: actAdd, id: id, data: j.open[id]}.append(data)
	}
	fresh := j.path + ".new"
	if err := j.writeNew(fresh, data); err != nil {
		j.opt.FS.Remove(fresh)
		return fmt.Errorf("write journal %s anew: %w", j.path, err)
	}
	j.drop()
	if err := j.opt.FS.Rename(fresh, j.path); err != nil {
		j.opt.FS.Remove(fresh)
		return fmt.Errorf("write journal %s anew: %w", j.path, err)
	}
	j.size, j.marks, j.unsure, j.compactAt = int64(len(data)), nil, false, j.opt.CompactAbove
	if j.opt.Sync {
		if err := j.opt.FS.SyncDir(filepath.Dir(j.path)); err != nil {
			j.unsure = true
			return fmt.Errorf("write journal %s anew: %w", j.path, err)
		}
	}
	return nil
}

func (j *Journal) writeNew(path string, data []byte) error {
	f, err := j.opt.FS.Create(path)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	if err == nil && j.opt.Sync {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (j *Journal) remove() error {
	j.drop()
	if err := j.opt.FS.Remove(j.path); err != nil {
		return fmt.Errorf("remove journal %s: %w", j.path, err)
	}
	j.size, j.marks, j.unsure, j.compactAt = 0, nil, false, j.opt.CompactAbove
	return nil
}

// drop closes the file; what was to be written is written.
func (j *Journal) drop() {
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
}

// Close ends the use of the journal. The file is removed when nothing is open.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.open) == 0 {
		return j.remove()
	}
	var err error
	if len(j.marks) > 0 {
		err = j.write(nil, false)
	}
	j.drop()
	return err
}
