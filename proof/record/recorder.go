package record

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"conquest/dimse"
	"conquest/storage"
)

// Options are where and how much is recorded.
type Options struct {
	Folder string
	Size   int64         // bytes at most; older recordings make room
	Age    time.Duration // of the oldest recording
	Free   int64         // bytes that stay free on the disk
	Pixels bool          // pixel data of incoming objects are kept
	Tell   func(what string, pairs ...any)
	// Progress, when not nil, is told when a file has grown by an answer, and when it
	// is complete; what is written is on disk by then.
	Progress func(path string, ended bool)
}

// Recorder writes recordings. It may be used by many goroutines.
type Recorder struct {
	opt    Options
	number atomic.Int64
	open   sync.Map // paths that are being written

	mu     sync.Mutex // guards below
	used   int64      // bytes in the folder, about
	next   time.Time  // when old recordings are looked for
	full   bool       // said that the disk is nearly full
	events *os.File
	day    string // of events
}

// Form of the names of days and files.
const (
	dayForm    = "20060102"
	timeForm   = "150405.000"
	extension  = ".rec"
	eventsName = "events.jsonl"
)

// lookAfter is how often old recordings are looked for.
const lookAfter = time.Minute

// New opens a folder for recordings, made when missing.
func New(opt Options) (*Recorder, error) {
	if opt.Tell == nil {
		opt.Tell = func(string, ...any) {}
	}
	if err := os.MkdirAll(opt.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder for recordings: %w", err)
	}
	r := &Recorder{opt: opt}
	r.prune()
	return r, nil
}

// Close ends the recording of events. Associations under way go on to be written.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.events == nil {
		return nil
	}
	err := r.events.Close()
	r.events = nil
	return err
}

// Tap is a listener for a new association; nil when nothing is recorded now.
func (r *Recorder) Tap(peer net.Addr, outgoing bool) dimse.Tap {
	if !r.room() {
		return nil
	}
	now := time.Now()
	direction := "in"
	if outgoing {
		direction = "out"
	}
	name := fmt.Sprintf("%s-%06d-%s%s", now.Format(timeForm), r.number.Add(1)%1_000_000, direction, extension)
	return newAssociation(r, filepath.Join(r.opt.Folder, now.Format(dayForm), name), now, peer.String(), outgoing)
}

// room tells whether there is room for more, and now and then makes some.
func (r *Recorder) room() bool {
	r.mu.Lock()
	look := r.used > r.opt.Size || time.Now().After(r.next)
	r.mu.Unlock()
	if look {
		r.prune()
	}
	free, _, err := storage.Space(r.opt.Folder)
	full := err == nil && free < r.opt.Free
	r.mu.Lock()
	defer r.mu.Unlock()
	if full && !r.full {
		r.opt.Tell("*** associations are not recorded: the disk is nearly full", "folder", r.opt.Folder, "free", free>>20, "unit", "MB")
	} else if !full && r.full {
		r.opt.Tell("associations are recorded again", "folder", r.opt.Folder)
	}
	r.full = full
	return !full
}

// wrote counts what was written.
func (r *Recorder) wrote(n int64) {
	r.mu.Lock()
	r.used += n
	r.mu.Unlock()
}

// prune removes recordings that are too old, and the oldest while there are too
// many.
func (r *Recorder) prune() {
	type file struct {
		path string
		size int64
		at   time.Time
	}
	var files []file
	var used int64
	_ = filepath.WalkDir(r.opt.Folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil // looked for again in a minute
		}
		if fi, err := e.Info(); err == nil {
			files = append(files, file{path, fi.Size(), fi.ModTime()})
			used += fi.Size()
		}
		return nil
	})
	slices.SortFunc(files, func(a, b file) int { return a.at.Compare(b.at) })
	today := filepath.Join(r.opt.Folder, time.Now().Format(dayForm), eventsName)
	for _, f := range files {
		if used <= r.opt.Size && time.Since(f.at) <= r.opt.Age {
			break
		}
		if _, open := r.open.Load(f.path); open || f.path == today {
			continue
		}
		if err := os.Remove(f.path); err != nil {
			r.opt.Tell("*** old recording not removed", "file", f.path, "error", err)
			continue
		}
		used -= f.size
		_ = os.Remove(filepath.Dir(f.path)) // fails unless it is empty
	}
	r.mu.Lock()
	r.used, r.next = used, time.Now().Add(lookAfter)
	r.mu.Unlock()
}

// Event writes an event down.
func (r *Recorder) Event(e *Event) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	line, err := encode(e)
	if err == nil {
		err = r.append(e.At.Format(dayForm), line)
	}
	if err != nil {
		r.opt.Tell("*** event is not recorded", "error", err)
	}
}

func (r *Recorder) append(day string, line []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		return nil
	}
	if r.events != nil && r.day != day {
		r.events.Close()
		r.events = nil
	}
	if r.events == nil {
		f, err := create(filepath.Join(r.opt.Folder, day, eventsName), os.O_APPEND)
		if err != nil {
			return err
		}
		r.events, r.day = f, day
	}
	n, err := r.events.Write(line)
	r.used += int64(n)
	return err
}

// create opens a new file that only its owner may read, in a folder that is made.
func create(path string, flags int) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flags, 0o600)
}

// Recordings are the files of associations in a folder, in the order of their
// beginning; a file alone is itself.
func Recordings(folder string) ([]string, error) {
	fi, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if !fi.IsDir() {
		return []string{folder}, nil
	}
	var list []string
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, extension) {
			list = append(list, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		return err
	})
	slices.Sort(list)
	return list, err
}
