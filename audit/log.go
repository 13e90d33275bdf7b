package audit

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"conquest/console"
)

// Options are what a [Log] is made of.
type Options struct {
	File    string
	Key     []byte // makes the hashes, which then nobody can make who has it not; nil: none
	Server  string // AE title
	Console *console.Console
}

// Log writes messages to a file. A nil Log writes none. It is safe for concurrent use.
type Log struct {
	opt Options

	mu      sync.Mutex // guards below
	file    *os.File
	size    int64
	seq     uint64
	last    string // hash of the last line
	lost    int
	tallies map[string]*Event
}

// period is how long objects are counted together.
const period = 3 * time.Second

// maxTallies bounds what is counted at a time.
const maxTallies = 10000

// Open opens the file and continues it. A line that a killed process did not end is
// cut off.
func Open(opt Options) (*Log, error) {
	f, err := os.OpenFile(opt.File, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &Log{opt: opt, file: f, tallies: map[string]*Event{}, last: first}
	if err := l.findEnd(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// first stands for the hash of the line before the first.
const first = "0000000000000000000000000000000000000000000000000000000000000000"

// findEnd finds the last whole line.
func (l *Log) findEnd() error {
	size, err := l.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	const tail = 1 << 20 // no line is longer
	from := max(0, size-tail)
	b := make([]byte, size-from)
	if _, err := l.file.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	end := bytes.LastIndexByte(b, '\n') + 1
	l.size = from + int64(end)
	if l.size < size {
		l.opt.Console.Event("*** audit: a line that was not ended is cut off", "file", l.opt.File)
		if err := l.file.Truncate(l.size); err != nil {
			return err
		}
	}
	if end == 0 {
		return nil
	}
	line := b[:end-1]
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	seq, sum, _, ok := parse(line)
	if !ok {
		return fmt.Errorf("%s: the last line is no line of an audit", l.opt.File)
	}
	l.seq, l.last = seq, sum
	return nil
}

// parse reads a line: NUMBER HASH XML.
func parse(line []byte) (seq uint64, sum string, text []byte, ok bool) {
	number, rest, ok1 := bytes.Cut(line, []byte(" "))
	h, text, ok2 := bytes.Cut(rest, []byte(" "))
	seq, err := strconv.ParseUint(string(number), 10, 64)
	return seq, string(h), text, ok1 && ok2 && err == nil && len(h) == len(first)
}

// sum is the hash of a line: over that of the line before, its number and its text.
func sum(key []byte, before string, seq uint64, text []byte) string {
	var h hash.Hash = sha256.New()
	if len(key) > 0 {
		h = hmac.New(sha256.New, key)
	}
	fmt.Fprintf(h, "%s %d ", before, seq)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// On tells whether anything is written.
func (l *Log) On() bool { return l != nil }

// Note writes an event at once.
func (l *Log) Note(e Event) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(&e)
}

// write writes an event, and before it how many were lost. The caller holds mu.
func (l *Log) write(e *Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	err := error(nil)
	if l.lost > 0 {
		lost := Event{
			ID: SecurityAlert, Type: AuditLost, Action: Execute, Time: e.Time, Outcome: Serious,
			Parties: []Party{{ID: l.opt.Server, Requestor: true}}, Detail: fmt.Sprintf("%d audit messages could not be written", l.lost),
		}
		if err = l.append(&lost); err == nil {
			l.opt.Console.Event("audit goes on", "lost", l.lost)
			l.lost = 0
		}
	}
	if err == nil {
		err = l.append(e)
	}
	if err != nil {
		if l.lost == 0 {
			l.opt.Console.Event("*** audit can not be written", "file", l.opt.File, "error", err)
		}
		l.lost++
	}
}

func (l *Log) append(e *Event) error {
	text, err := message(e, l.opt.Server)
	if err != nil {
		return err
	}
	seq := l.seq + 1
	h := sum(l.opt.Key, l.last, seq, text)
	line := fmt.Appendf(nil, "%d %s %s\n", seq, h, text)
	if _, err := l.file.WriteAt(line, l.size); err != nil {
		l.file.Truncate(l.size)
		return err
	}
	l.size, l.seq, l.last = l.size+int64(len(line)), seq, h
	return nil
}

// Tally counts the objects of events that are alike, and writes them together.
func (l *Log) Tally(e Event) {
	if l == nil {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	key := fmt.Sprintf("%s\x00%s\x00%d\x00%v\x00%s\x00%s\x00%s", e.ID.Value, e.Action, e.Outcome, e.Parties, e.Patient, e.Study, e.Class)
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tallies[key]; t != nil {
		t.Count += e.Count
		return
	}
	if len(l.tallies) >= maxTallies {
		l.flush(time.Time{})
	}
	l.tallies[key] = &e
}

// flush writes what was begun before a time; the zero time is all. The caller holds mu.
func (l *Log) flush(before time.Time) {
	for key, t := range l.tallies {
		if before.IsZero() || t.Time.Before(before) {
			l.write(t)
			delete(l.tallies, key)
		}
	}
}

// Run writes what was counted, now and then, until ctx ends.
func (l *Log) Run(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			l.mu.Lock()
			l.flush(now.Add(-period))
			l.mu.Unlock()
		}
	}
}

// Close writes what is left and ends the log.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush(time.Time{})
	return l.file.Close()
}

// maxLine bounds a line that is read.
const maxLine = 1 << 20

// Checked is what [Verify] found of a whole file.
type Checked struct {
	Messages uint64
	Head     string // hash of the last line: who has noted it elsewhere notices a file that was cut
}

// Verify checks the chain of a file. The error names the first line that is not as it
// was written.
func Verify(path string, key []byte) (Checked, error) {
	f, err := os.Open(path)
	if err != nil {
		return Checked{}, err
	}
	defer f.Close()
	c := Checked{Head: first}
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		seq, h, text, ok := parse(lines.Bytes())
		switch {
		case !ok:
			return c, fmt.Errorf("%s: line %d is no line of an audit", path, n)
		case seq != c.Messages+1:
			return c, fmt.Errorf("%s: line %d has number %d, it should be %d: lines were taken out or put in", path, n, seq, c.Messages+1)
		case h != sum(key, c.Head, seq, text):
			return c, fmt.Errorf("%s: line %d was changed, or written with another AuditKey", path, n)
		}
		c.Messages, c.Head = seq, h
	}
	if err := lines.Err(); err != nil {
		return c, fmt.Errorf("%s: behind line %d: %w", path, c.Messages, err)
	}
	return c, nil
}

// Line is a message of the file.
type Line struct {
	Seq uint64 `json:"seq"`
	XML string `json:"xml"`
}

// Tail gives the last messages of the file with numbers below before, 0 for all.
func (l *Log) Tail(before uint64, limit int) (list []Line, err error) {
	if l == nil {
		return nil, ErrOff
	}
	l.mu.Lock()
	l.flush(time.Time{})
	l.mu.Unlock()
	f, err := os.Open(l.opt.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		if seq, _, text, ok := parse(lines.Bytes()); ok && (before == 0 || seq < before) {
			if list = append(list, Line{seq, string(text)}); len(list) > 2*limit {
				list = append(list[:0], list[len(list)-limit:]...)
			}
		}
	}
	return list[max(0, len(list)-limit):], lines.Err()
}

// ErrOff tells that there is no audit.
var ErrOff = errors.New("there is no audit: AuditFile is not set")
