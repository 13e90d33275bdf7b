package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
)

// Records is a flat file of records of one size, the first byte of each zero when
// it is done: the form in which the original server keeps work that failed
// (docs/original/scripting.md 1.5). The file is not there while no record is. It
// is safe for concurrent use.
type Records struct {
	path string
	size int64 // of a record
	opt  Options

	mu   sync.Mutex // guards below
	file File       // nil: not open
	end  int64      // of the last whole record
	// marks are records whose mark could not be written yet.
	marks map[int64]bool
}

// OpenRecords opens the file at path, which need not be there. What is behind the
// last whole record is told and set aside in FILE.damaged. Of the options, Sync,
// Tell and FS count.
func OpenRecords(path string, size int, opt Options) (*Records, error) {
	if opt.FS == nil {
		opt.FS = Disk{}
	}
	if opt.Tell == nil {
		opt.Tell = func(error) {}
	}
	r := &Records{path: path, size: int64(size), opt: opt, marks: map[int64]bool{}}
	f, err := opt.FS.Open(path, false)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		r.end, err = f.Size()
	}
	if err != nil {
		return nil, fmt.Errorf("read failed work in %s: %w", path, err)
	}
	r.file = f
	if torn := r.end % r.size; torn != 0 {
		r.end -= torn
		r.cutOff(torn)
	}
	return r, nil
}

// cutOff sets an incomplete record aside. Where that can not be done the next
// record is written over it.
func (r *Records) cutOff(n int64) {
	rest := make([]byte, n)
	_, err := r.file.ReadAt(rest, r.end)
	if err == nil {
		err = appendFile(r.opt.FS, r.path+".damaged", rest)
	}
	if err == nil {
		err = r.file.Truncate(r.end)
	}
	what := fmt.Sprintf("%s: incomplete last record, %d bytes", r.path, n)
	if err != nil {
		r.opt.Tell(fmt.Errorf("%s, can not be set aside: %w", what, err))
		return
	}
	r.opt.Tell(fmt.Errorf("%s, set aside in %s.damaged", what, r.path))
}

// Append adds a record, filled up with zeros, and returns its index. After an
// error it is not in the file.
func (r *Records) Append(rec []byte) (index int, err error) {
	if int64(len(rec)) > r.size || len(rec) == 0 || rec[0] == 0 {
		return 0, fmt.Errorf("keep failed work in %s: no record of %d bytes", r.path, r.size)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		if r.file, err = r.opt.FS.Open(r.path, true); err != nil {
			r.file = nil
			return 0, fmt.Errorf("keep failed work: %w", err)
		}
	}
	full := append(bytes.Clone(rec), make([]byte, r.size-int64(len(rec)))...)
	_, err = r.file.WriteAt(full, r.end)
	if err == nil && r.opt.Sync {
		err = r.file.Sync()
		if err == nil && r.end == 0 {
			err = r.opt.FS.SyncDir(filepath.Dir(r.path))
		}
	}
	if err != nil {
		// A whole record that can not be cut off is marked done: it is not kept.
		if cut := r.file.Truncate(r.end); cut != nil {
			r.file.WriteAt([]byte{0}, r.end)
		}
		return 0, fmt.Errorf("keep failed work in %s: %w", r.path, err)
	}
	index = int(r.end / r.size)
	r.end += r.size
	return index, nil
}

// Next returns the first record at or after index from that is not done, and its
// index; -1 when there is none.
func (r *Records) Next(from int) (rec []byte, index int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil, -1, nil
	}
	rec = make([]byte, r.size)
	for at := int64(from) * r.size; at < r.end; at += r.size {
		if r.marks[at] {
			continue
		}
		if _, err := r.file.ReadAt(rec, at); err != nil {
			return nil, -1, fmt.Errorf("read failed work in %s: %w", r.path, err)
		}
		if rec[0] != 0 {
			return rec, int(at / r.size), nil
		}
	}
	return nil, -1, nil
}

// Done marks a record. After an error it counts as done for this process, and is
// marked by the next Done.
func (r *Records) Done(index int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	r.marks[int64(index)*r.size] = true
	for at := range r.marks {
		if _, err := r.file.WriteAt([]byte{0}, at); err != nil {
			return fmt.Errorf("mark work done in %s: %w", r.path, err)
		}
		delete(r.marks, at)
	}
	return nil
}

// Remove removes the file with all that is in it.
func (r *Records) Remove() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	r.file.Close()
	r.file = nil
	if err := r.opt.FS.Remove(r.path); err != nil {
		return fmt.Errorf("remove file of failed work: %w", err)
	}
	r.end = 0
	clear(r.marks)
	return nil
}

// Close ends the use of the file.
func (r *Records) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}
