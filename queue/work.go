package queue

import (
	"context"
	"fmt"
	"slices"
	"time"

	"conquest/group"
	"conquest/oplog"
)

// retriesInRow is the number of held items run before new work is looked at again
// (docs/original/scripting.md 1.5).
const retriesInRow = 11

// idle is how long a worker sleeps when only new work can wake it.
const idle = time.Hour

// work is worker number n.
func (q *Queue[T]) work(n int) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for q.ctx.Err() == nil {
		it, from, wait := q.take()
		if it != nil {
			q.process(it, from, n)
			continue
		}
		timer.Reset(wait)
		select {
		case <-q.ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
	}
}

// take finds what to do next: from is the destination it was held for, or nil.
// Without anything to do it tells when to look again.
func (q *Queue[T]) take() (it *item[T], from *destination[T], wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait = idle
	if q.retried < retriesInRow || len(q.waiting) == 0 {
		if it, from, wait = q.takeHeld(); it != nil {
			q.retried++
			return it, from, 0
		}
	}
	q.retried = 0
	if len(q.waiting) == 0 {
		return nil, nil, wait
	}
	it = q.waiting[0]
	q.waiting = q.waiting[1:]
	q.running = append(q.running, it)
	if len(q.waiting) > 0 {
		q.signal()
	}
	select {
	case q.room <- struct{}{}:
	default:
	}
	return it, nil, 0
}

// takeHeld finds held work whose time has come. The caller holds mu.
func (q *Queue[T]) takeHeld() (it *item[T], from *destination[T], wait time.Duration) {
	wait = idle
	some := len(q.restored)+len(q.alone) > 0
	for _, d := range q.dests {
		some = some || len(d.items) > 0
	}
	if some && q.opt.Ready != nil && !q.opt.Ready() {
		return nil, nil, time.Second
	}
	now := time.Now()
	switch {
	case len(q.restored) > 0:
		it, q.restored = q.restored[0], q.restored[1:]
	case len(q.alone) > 0 && !q.alone[0].due.After(now):
		it, q.alone = q.alone[0], q.alone[1:]
	}
	if it != nil {
		q.running = append(q.running, it)
		return it, nil, 0
	}
	if len(q.alone) > 0 {
		wait = q.alone[0].due.Sub(now)
	}
	for _, d := range q.dests {
		if len(d.items) == 0 || d.trying || q.opt.Gate.Paused(d.name) {
			continue
		}
		if until := d.due.Sub(now); until > 0 {
			wait = min(wait, until)
			continue
		}
		it, d.items, d.trying = d.items[0], d.items[1:], true
		q.running = append(q.running, it)
		return it, d, 0
	}
	return nil, nil, wait
}

// process runs one item on a worker and sees to what came of it.
func (q *Queue[T]) process(it *item[T], from *destination[T], worker int) {
	first := it.rec == noRecord && it.Reason == ""
	d := &Delivery{Worker: worker, shut: q.shut, note: &it.Note}
	q.mu.Lock()
	err := q.fill(it)
	q.mu.Unlock()
	if from != nil {
		d.open = from.name
	}
	outcome := Done
	switch to := q.destination(it.Work); {
	case err != nil:
		outcome = Retry
		d.fail(Deferred, it.Destination, err.Error())
	case from == nil && to != "" && d.Held(to):
		outcome = Retry
	default:
		if !first {
			oplog.QueueRetrying(oplog.Lines(q.opt.Operator), q.opt.Label(it.Work))
		}
		outcome = q.run(it, d)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running = slices.DeleteFunc(q.running, func(r *item[T]) bool { return r == it })
	if from != nil {
		from.trying = false
	}
	q.remember(it, outcome, d)
	q.cutDown(it, d)
	if q.ctx.Err() != nil && outcome != Done {
		q.leave(it, d)
		return
	}
	q.conclude(it, from, outcome, d)
}

func (q *Queue[T]) run(it *item[T], d *Delivery) (outcome Outcome) {
	ctx := context.WithValue(q.ctx, deliveryKey{}, d)
	err := group.Guard("queue "+q.opt.Name, func() error {
		outcome = q.opt.Run(ctx, it.Work)
		return nil
	})
	if err != nil {
		q.opt.Failed(fmt.Errorf("%s: %w", q.opt.Label(it.Work), err))
		d.fail(Refused, d.destination, err.Error())
		return Refused
	}
	return outcome
}

// cutDown makes the work of an item what is left of it. The caller holds mu.
func (q *Queue[T]) cutDown(it *item[T], d *Delivery) {
	rest, ok := d.rest.(T)
	if !ok {
		return
	}
	it.Work = rest
	if err := q.note(it); err != nil {
		q.opt.Failed(err)
	}
}

// leave keeps an item that was interrupted for the next process. The caller holds
// mu.
func (q *Queue[T]) leave(it *item[T], d *Delivery) {
	if d.moved {
		if err := q.note(it); err != nil {
			q.opt.Failed(err)
		}
	}
}

// conclude puts an item where it belongs after its run. The caller holds mu.
func (q *Queue[T]) conclude(it *item[T], from *destination[T], outcome Outcome, d *Delivery) {
	if outcome == Done && d.kind == Refused {
		outcome = Refused
	}
	if d.destination == "" {
		d.destination = q.destination(it.Work)
	}
	counted := outcome == Retry
	if outcome == Retry && (d.kind == Deferred || d.destination == "") {
		outcome = Deferred
	}
	if from != nil && (outcome != Retry || d.destination != from.name) {
		from.reached()
	}
	if outcome == Done {
		if it.Reason != "" || it.rec != noRecord {
			q.lastErr = ""
		}
		q.finish(it)
		return
	}
	label := q.opt.Label(it.Work)
	q.lastErr = label
	it.Destination, it.Reason = d.destination, d.reason
	if it.Reason == "" {
		it.Reason = "failed"
	}
	switch outcome {
	case Refused:
		q.bury(it, it.Reason)
		return
	case Deferred:
		q.holdAlone(it, counted)
		return
	}
	to := q.dest(d.destination)
	if from == nil || from != to {
		oplog.QueueHolding(oplog.Lines(q.opt.Operator), label)
		to.add(it)
	} else {
		to.items = slices.Insert(to.items, 0, it)
	}
	q.store(it)
	if d.kind != held {
		q.failedAt(to, d.wait)
	}
}

// holdAlone holds an item that holds nothing else up. The caller holds mu.
func (q *Queue[T]) holdAlone(it *item[T], counted bool) {
	if counted {
		it.Tries++
	}
	if q.opt.MaxRetries > 0 && it.Tries > q.opt.MaxRetries {
		q.sayGivingUp(it.Tries)
		q.bury(it, fmt.Sprintf("given up after %d attempts: %s", it.Tries, it.Reason))
		return
	}
	if it.rec == noRecord {
		oplog.QueueHolding(oplog.Lines(q.opt.Operator), q.opt.Label(it.Work))
	}
	it.due = time.Now().Add(q.retryDelay())
	q.alone = append(q.alone, it)
	q.store(it)
}
