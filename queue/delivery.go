package queue

import (
	"context"
	"slices"
	"time"
)

// Delivery is one run of a piece of work, as those see it who send something. It
// belongs to one goroutine. All methods may be called on nil, which is work of no
// queue.
type Delivery struct {
	// Worker is the number of the worker that runs, from 0: what one worker keeps
	// from run to run belongs to no other.
	Worker int

	shut  func(destination string) string
	open  string // the destination for which the work was held
	note  *Note
	moved bool // something more was sent than earlier runs did

	reached     []string // destinations that took something
	rest        any      // what is left of the work; nil: all of it
	kind        Outcome  // Done: nothing failed
	destination string
	reason      string
	wait        time.Duration
}

type deliveryKey struct{}

// FromContext is the delivery of the work that runs, nil outside of queues.
func FromContext(ctx context.Context) *Delivery {
	d, _ := ctx.Value(deliveryKey{}).(*Delivery)
	return d
}

// Target is where something for a destination is to go: elsewhere after a move.
func (d *Delivery) Target(destination string) string {
	if d == nil || d.note.Moved[destination] == "" {
		return destination
	}
	return d.note.Moved[destination]
}

// Held tells that nothing may be sent to a destination now; the work is then to
// end and to be held.
func (d *Delivery) Held(destination string) bool {
	if d == nil || destination == d.open {
		return false
	}
	why := d.shut(destination)
	if why == "" {
		return false
	}
	d.fail(Retry, destination, why)
	d.kind = held
	return true
}

// held is the kind of a Retry that was not tried.
const held Outcome = -1

// Sent notes that a part of the work, named by key, has been sent: it is not to be
// sent again when the rest is.
func (d *Delivery) Sent(key string) {
	if d != nil && !d.WasSent(key) {
		d.note.Sent = append(slices.Clip(d.note.Sent), key)
		d.moved = true
	}
}

// Reached notes that a destination took something.
func (d *Delivery) Reached(destination string) {
	if d != nil {
		d.reached = append(d.reached, destination)
	}
}

// WasSent tells whether an earlier run has sent a part.
func (d *Delivery) WasSent(key string) bool { return d != nil && slices.Contains(d.note.Sent, key) }

// Rest notes that a part of the work is done: rest, of the type of the queue, takes
// its place.
func (d *Delivery) Rest(rest any) {
	if d != nil {
		d.rest = rest
	}
}

// Left is what Rest was told, nil when nothing was.
func (d *Delivery) Left() any {
	if d == nil {
		return nil
	}
	return d.rest
}

// Failed notes that a destination could not be reached or has no room now: the
// work is held.
func (d *Delivery) Failed(destination, reason string) { d.fail(Retry, destination, reason) }

// Refused notes that a destination does not take the work as it is, or that it
// must not be sent there: it becomes a dead letter. With retry it is tried again
// now and then, on its own.
func (d *Delivery) Refused(destination, reason string, retry bool) {
	if retry {
		d.fail(Deferred, destination, reason)
	} else {
		d.fail(Refused, destination, reason)
	}
}

// Wait notes that a destination that failed is not to be tried before so long, even
// when new work comes.
func (d *Delivery) Wait(t time.Duration) {
	if d != nil {
		d.wait = max(d.wait, t)
	}
}

// GivenUp tells whether the work becomes a dead letter, as it was refused.
func (d *Delivery) GivenUp() bool { return d != nil && d.kind == Refused }

func (d *Delivery) fail(kind Outcome, destination, reason string) {
	if d != nil {
		d.kind, d.destination, d.reason = kind, destination, reason
	}
}
