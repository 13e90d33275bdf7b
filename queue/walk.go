package queue

import (
	"context"
	"fmt"
	"time"
)

// walkSuccesses is the number of records done in one go before new work is
// looked at again (docs/original/scripting.md 1.5).
const walkSuccesses = 11

// idle is how long a worker sleeps when only new work can wake it.
const idle = time.Hour

// walk retries failed work when its time has come and answers how long to wait
// until it should be asked again.
func (q *Queue[T]) walk(ctx context.Context) time.Duration {
	q.mu.Lock()
	pending := len(q.long) > 0 || q.opt.Marshal != nil && q.fail.exists()
	since := time.Since(q.lastFail)
	busy := q.walking
	if pending && !busy && (q.lastFail.IsZero() || since >= q.opt.RetryDelay) {
		q.walking = true
	}
	mine := q.walking && !busy
	q.mu.Unlock()
	switch {
	case !pending || busy:
		return idle
	case !mine:
		return q.opt.RetryDelay - since
	}
	defer func() {
		q.mu.Lock()
		q.walking = false
		q.mu.Unlock()
	}()
	if q.opt.Ready != nil && !q.opt.Ready() {
		return time.Second
	}
	for range walkSuccesses {
		more, ok := q.retryOne(ctx)
		if !more || ctx.Err() != nil {
			return idle
		}
		if !ok {
			return q.opt.RetryDelay
		}
	}
	return 0
}

// retryOne runs the next failed entry. more is false when there was none left;
// ok tells whether it is done.
func (q *Queue[T]) retryOne(ctx context.Context) (more, ok bool) {
	work, finish, found := q.nextFailed()
	if !found {
		return false, true
	}
	q.opt.Operator("Queue: retrying processing of file " + q.opt.Label(work))
	outcome := q.opt.Run(ctx, work)
	q.mu.Lock()
	defer q.mu.Unlock()
	if outcome == Done {
		finish()
		q.failures = 0
		q.lastErr = ""
		return true, true
	}
	if ctx.Err() != nil {
		return true, false
	}
	q.failed(work, outcome)
	if q.opt.MaxRetries > 0 && q.failures > q.opt.MaxRetries {
		q.giveUp()
		return false, true
	}
	return true, false
}

// nextFailed finds the first record that is not done, or the first entry that
// fits no record. finish, called with mu held, marks it done.
func (q *Queue[T]) nextFailed() (work T, finish func(), found bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.opt.Marshal != nil {
		rec, at, err := q.fail.next(q.walkAt)
		if err != nil {
			q.opt.Failed(err)
			break
		}
		if at < 0 {
			q.walkAt = 0
			if err := q.fail.remove(); err != nil {
				q.opt.Failed(err)
			}
			break
		}
		q.walkAt = at
		w, err := q.opt.Unmarshal(rec)
		if err == nil {
			return w, func() { q.markDone(at) }, true
		}
		q.opt.Failed(fmt.Errorf("record %d of %s: %w", at, q.fail.path, err))
		q.markDone(at)
	}
	if len(q.long) == 0 {
		return work, nil, false
	}
	it := q.long[0]
	return it.work, func() {
		q.long = q.long[1:]
		q.finish(it.id)
	}, true
}

func (q *Queue[T]) markDone(at int) {
	if err := q.fail.done(at); err != nil {
		q.opt.Failed(err)
	}
	q.walkAt = at + 1
}

// giveUp drops all failed work. The caller holds mu.
func (q *Queue[T]) giveUp() {
	q.opt.Operator(fmt.Sprintf("*** Queue: %d retries exceeds set maximum of %d - giving up", q.failures, q.opt.MaxRetries))
	if err := q.fail.remove(); err != nil {
		q.opt.Failed(err)
	}
	for _, it := range q.long {
		q.finish(it.id)
	}
	q.long = nil
	q.walkAt = 0
	q.failures = 0
}
