package db

import (
	"conquest/oplog"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// UnreachableError tells that the database can not be reached. Its text goes to
// peers, the cause does not.
type UnreachableError struct {
	Err error
}

func (e *UnreachableError) Error() string { return "database not reachable" }

// Comment is what a peer reads of it.
func (e *UnreachableError) Comment() string { return e.Error() }

// Unwrap is the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// link is what is known of the way to the database.
type link struct {
	name string
	log  Log

	lostNow atomic.Bool
	mu      sync.Mutex // guards below
	since   time.Time
	cause   string
	err     error
}

// lost notes that the database can not be reached, and says so once for each
// cause.
func (l *link) lost(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() {
		l.since = time.Now()
	}
	l.lostNow.Store(true)
	l.err = err
	if text := reason(err); text != l.cause {
		l.cause = text
		oplog.DatabaseLost(l.log, l.name, text)
	}
}

// found notes that it can be reached.
func (l *link) found() {
	if !l.lostNow.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() {
		return
	}
	oplog.DatabaseFound(l.log, l.name, int(time.Since(l.since).Seconds()))
	l.since, l.cause, l.err = time.Time{}, "", nil
	l.lostNow.Store(false)
}

// Unreachable is why the database can not be reached, nil when it can.
func (d *DB) Unreachable() error { return d.link.lastError() }

func (l *link) lastError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// reason is the cause of a failure without the statement that met it.
func reason(err error) string {
	var s *SQLError
	if errors.As(err, &s) {
		err = s.Err
	}
	return err.Error()
}

// isAway tells whether an error says that the database can not be reached.
func (d *DB) isAway(err error) bool { return d.store.away(err) }

// gate waits until the index is open.
func (d *DB) gate(ctx context.Context) error {
	if d.isOpen() {
		return nil
	}
	if d.opt.Later {
		return d.openNow(ctx)
	}
	timer := time.NewTimer(d.opt.Patience)
	defer timer.Stop()
	select {
	case <-d.opened:
		return nil
	case <-d.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return &UnreachableError{d.link.lastError()}
	}
}

// Pauses between attempts of readers and of the writer.
const (
	firstRetry = 50 * time.Millisecond
	maxRetry   = time.Second
)

// patiently opens the way and runs f, again while the database is away and
// patience lasts.
func (d *DB) patiently(ctx context.Context, f func() error) error {
	if err := d.gate(ctx); err != nil {
		return err
	}
	end := time.Now().Add(d.opt.Patience)
	for pause := firstRetry; ; pause = min(2*pause, maxRetry) {
		err := f()
		if err == nil {
			d.link.found()
		}
		if err == nil || !d.isAway(err) {
			return err
		}
		d.link.lost(err)
		left := time.Until(end)
		if left <= 0 {
			return &UnreachableError{err}
		}
		select {
		case <-d.quit:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, left)):
		}
	}
}

// query runs a selection. Rows that break off are an error of theirs.
func (d *DB) query(ctx context.Context, q *selection) (r rows, err error) {
	err = d.patiently(ctx, func() error { r, err = d.store.query(ctx, q); return err })
	return r, err
}

// list runs a selection and reads all of its rows.
func (d *DB) list(ctx context.Context, q *selection) (all [][]string, err error) {
	err = d.patiently(ctx, func() error { all, err = collect(d.store.query(ctx, q)); return err })
	return all, err
}

// raw reads all rows of a SELECT of a script.
func (d *DB) raw(ctx context.Context, statement string) (all [][]string, err error) {
	err = d.patiently(ctx, func() error { all, err = collect(d.store.raw(ctx, statement)); return err })
	return all, err
}

// change hands a change to the writer. keys name what other servers on the same
// database must not change meanwhile.
func (d *DB) change(ctx context.Context, m mode, keys []string, run func(g group) error) error {
	if err := d.gate(ctx); err != nil {
		return err
	}
	err := d.writer.do(ctx, m, keys, run)
	if err != nil && d.isAway(err) {
		return &UnreachableError{err}
	}
	return err
}
