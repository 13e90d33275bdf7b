package life

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"conquest/journal"
)

// eventLog is the file in which events stand until the database has them: its
// generation, eight bytes, then records. Each time it is emptied it gets the next
// generation, so that the database can tell how far it has read.
type eventLog struct {
	fs   journal.FS
	path string
	max  int64 // bytes; what comes beyond is not taken

	mu         sync.Mutex // guards below
	file       journal.File
	size       int64
	generation uint64
	seq        uint64 // of the last event
	buf        []byte
}

const logHead = 8

var errLogFull = errors.New("the log of events is full")

// openLog opens the log; generation and seq are what the database has seen last.
// What is torn or damaged at its end is cut off.
func openLog(fs journal.FS, path string, max int64, generation, seq uint64) (*eventLog, error) {
	l := &eventLog{fs: fs, path: path, max: max, generation: generation, seq: seq}
	f, err := fs.Open(path, true)
	if err != nil {
		return nil, err
	}
	l.file = f
	if l.size, err = f.Size(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if l.size < logHead {
		l.size = 0
		return l, nil // begun at the first event
	}
	head := make([]byte, logHead)
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	l.generation = binary.LittleEndian.Uint64(head)
	at := int64(logHead)
	for {
		events, n, err := l.read(at, readAtOnce)
		for _, e := range events {
			l.seq = max64(l.seq, e.Seq)
		}
		at += n
		if err != nil || n == 0 {
			break
		}
	}
	l.size = at
	return l, f.Truncate(at)
}

func max64(a, b uint64) uint64 {
	if a > b {
		return a
	}
	return b
}

// add gives events their numbers and appends them.
func (l *eventLog) add(events []Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buf[:0]
	if l.size == 0 {
		b = binary.LittleEndian.AppendUint64(b, l.generation+1)
	}
	for i := range events {
		l.seq++
		events[i].Seq = l.seq
		b = appendRecord(b, &events[i])
	}
	if cap(b) <= 64<<10 {
		l.buf = b
	}
	if l.size+int64(len(b)) > l.max {
		return errLogFull
	}
	if _, err := l.file.WriteAt(b, l.size); err != nil {
		l.file.Truncate(l.size) // else the next write goes over it
		return err
	}
	if l.size == 0 {
		l.generation++
	}
	l.size += int64(len(b))
	return nil
}

// readAtOnce is how many bytes of the log are read in one go; no event is larger.
const readAtOnce = 1 << 20

// read gives the events from a place in the log on, and how far they go.
func (l *eventLog) read(at, limit int64) (events []Event, n int64, err error) {
	b := make([]byte, limit)
	got, err := l.file.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, fmt.Errorf("read %s: %w", l.path, err)
	}
	b = b[:got]
	for {
		e, size, err := nextRecord(b)
		if err != nil {
			return events, n, err
		}
		if size == 0 {
			return events, n, nil
		}
		events = append(events, e)
		n += int64(size)
		b = b[size:]
	}
}

// end is where the log ends, and its generation.
func (l *eventLog) end() (generation uint64, at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.generation, l.size
}

// empty empties the log when nothing came behind at.
func (l *eventLog) empty(at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size == at && l.file.Truncate(0) == nil {
		l.size = 0
	}
}

func (l *eventLog) close() error { return l.file.Close() }
