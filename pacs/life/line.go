package life

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"conquest/console"
	"conquest/journal"
)

// Settings bound what is kept.
type Settings struct {
	Days int   // 0: nothing is noted any more
	Size int64 // bytes of the database
}

// Options are what a [Line] is made of.
type Options struct {
	Path     string // of the database; the log lies beside it
	Settings func() Settings
	Console  *console.Console
	FS       journal.FS // of the log; nil: the disk
	// Also is told of all events at once; it must not wait. nil: nobody is.
	Also func([]Event)
}

// Line takes events and keeps them. A nil Line takes none. It is safe for concurrent
// use.
type Line struct {
	opt  Options
	log  *eventLog
	db   *database
	wake chan struct{}
	on   atomic.Bool
	now  func() time.Time

	draining sync.Mutex // the database has one writer

	mu     sync.Mutex // guards below
	lost   int        // events since one could not be taken
	failed bool       // the database could not be written, and that was said
}

// Limits of the line.
const (
	maxLog   = 64 << 20
	groupGap = time.Second // between two groups
	retryGap = 10 * time.Second
	careGap  = time.Minute
)

// Relay is a line that keeps nothing, and only tells also.
func Relay(also func([]Event)) *Line {
	return &Line{opt: Options{Also: also}, now: time.Now}
}

// Open opens the line. A database that can not be read is set aside, and a new one
// begun.
func Open(ctx context.Context, opt Options) (*Line, error) {
	if opt.FS == nil {
		opt.FS = journal.Disk{}
	}
	if err := os.MkdirAll(filepath.Dir(opt.Path), 0o777); err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, opt.Path)
	if err != nil && damaged(err) {
		opt.Console.Event("*** life line is damaged and set aside, a new one begins", "file", opt.Path, "error", err)
		os.Rename(opt.Path, opt.Path+".damaged")
		for _, more := range []string{"-wal", "-shm"} {
			os.Remove(opt.Path + more)
		}
		db, err = openDatabase(ctx, opt.Path)
	}
	if err != nil {
		return nil, err
	}
	generation, _, seq, err := db.seen(ctx)
	if err != nil {
		return nil, errors.Join(err, db.db.Close())
	}
	log, err := openLog(opt.FS, logPath(opt.Path), maxLog, generation, seq)
	if err != nil {
		return nil, errors.Join(err, db.db.Close())
	}
	l := &Line{opt: opt, log: log, db: db, wake: make(chan struct{}, 1), now: time.Now}
	l.on.Store(opt.Settings().Days > 0)
	return l, nil
}

func logPath(path string) string { return path + ".log" }

// damaged tells whether an error of SQLite says that the file is no good.
func damaged(err error) bool {
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return false
	}
	const corrupt, notADatabase = 11, 26
	code := coded.Code() & 0xff
	return code == corrupt || code == notADatabase
}

// On tells whether events are taken: what is only made for them need not be.
func (l *Line) On() bool { return l != nil && (l.on.Load() || l.opt.Also != nil) }

// Note takes events, which are on disk when it returns, unless that is not possible:
// nobody waits for it, and nothing fails. Events without a time get that of now.
func (l *Line) Note(events ...Event) {
	if !l.On() || len(events) == 0 {
		return
	}
	for i := range events {
		if events[i].Time.IsZero() {
			events[i].Time = l.now()
		}
	}
	if l.opt.Also != nil {
		l.opt.Also(events)
	}
	if !l.on.Load() {
		return
	}
	if err := l.log.add(events); err != nil {
		l.lose(len(events), err)
		return
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// lose counts events that are lost, and says so when they are the first.
func (l *Line) lose(n int, err error) {
	l.mu.Lock()
	first := l.lost == 0
	l.lost += n
	l.mu.Unlock()
	if first {
		l.opt.Console.Event("*** life line can not be written: what happens to objects is not noted", "file", logPath(l.opt.Path), "error", err)
	}
}

// Run takes the log into the database until ctx ends, and then what is left.
func (l *Line) Run(ctx context.Context) {
	if l == nil || l.db == nil {
		return
	}
	care := time.NewTicker(careGap)
	defer care.Stop()
	l.care(ctx)
	for {
		gap := groupGap
		if err := l.drain(ctx); err != nil && ctx.Err() == nil {
			l.sayFailed(err)
			gap = retryGap
		}
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.Background(), groupGap)
			defer cancel()
			if err := l.drain(ctx); err != nil {
				l.sayFailed(err)
			}
			return
		case <-time.After(gap):
		}
		select {
		case <-ctx.Done():
		case <-care.C:
			l.care(ctx)
		case <-l.wake:
		}
	}
}

// sayFailed says once that the database can not be written.
func (l *Line) sayFailed(err error) {
	l.mu.Lock()
	first := !l.failed
	l.failed = true
	l.mu.Unlock()
	if first {
		l.opt.Console.Event("*** life line: the database can not be written, events wait in the log", "file", l.opt.Path, "error", err)
	}
}

// drain takes what stands in the log into the database.
func (l *Line) drain(ctx context.Context) error {
	l.draining.Lock()
	defer l.draining.Unlock()
	seen, at, _, err := l.db.seen(ctx)
	if err != nil {
		return err
	}
	for {
		generation, end := l.log.end()
		if seen != generation {
			at = logHead
		}
		if end <= at {
			break
		}
		events, n, err := l.log.read(at, min(readAtOnce, end-at))
		if err != nil || n == 0 {
			n = end - at // it can not be read: go on behind it
		}
		if err := l.db.write(ctx, events, generation, at+n); err != nil {
			return err
		}
		seen, at = generation, at+n
	}
	l.log.empty(at)
	l.recovered()
	return nil
}

// recovered says that events are noted again.
func (l *Line) recovered() {
	l.mu.Lock()
	lost, failed := l.lost, l.failed
	_, end := l.log.end()
	if end > 0 {
		lost = 0 // not before the log is empty
	} else {
		l.lost = 0
	}
	l.failed = false
	l.mu.Unlock()
	if lost > 0 || failed {
		l.opt.Console.Event("life line goes on", "lost", lost)
	}
}

// care removes what is too old, and the oldest when there is too much.
func (l *Line) care(ctx context.Context) {
	l.draining.Lock()
	defer l.draining.Unlock()
	set := l.opt.Settings()
	l.on.Store(set.Days > 0)
	for range 100 {
		more := false
		var err error
		if set.Days > 0 {
			more, err = l.db.expire(ctx, l.now().AddDate(0, 0, -set.Days))
		}
		if err == nil && !more && set.Size > 0 {
			more, err = l.db.shrink(ctx, set.Size)
		}
		if err != nil {
			if ctx.Err() == nil {
				l.sayFailed(fmt.Errorf("remove old events: %w", err))
			}
			return
		}
		if !more {
			return
		}
	}
}

// Close ends the line. What is not in the database stays in the log.
func (l *Line) Close() error {
	if l == nil || l.db == nil {
		return nil
	}
	l.on.Store(false)
	return errors.Join(l.log.close(), l.db.db.Close())
}
