// Package delayed is the queue of commands that scripts put off: they are collected
// for a while, equal ones as one, then carried out by the actions of the server
// (docs/original/scripting.md 5.4, 5.5). What was entered is on disk, in files of its own and
// in the layout of the original where that has a place for it. An object that was
// destroyed on arrival while a command waits for it stays until that is done.
package delayed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"conquest/console"
	"conquest/db"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/queue"
	"conquest/scripting"
)

// Action carries out a command. One that is [queue.Refused] becomes a dead letter,
// and what it was to read stays.
type Action func(ctx context.Context, d scripting.Delayed) queue.Outcome

// Host is what the queue needs of the server it belongs to.
type Host interface {
	// Config is the configuration for work that starts now.
	Config() *dicomini.Config
	// Busy tells whether commands are to wait, as while the index is made anew.
	Busy() bool
	// Gate knows which destinations are paused; may be nil.
	Gate() *queue.Gate
	// Remove deletes objects, their rows first.
	Remove(ctx context.Context, refs []db.ObjectRef) error
}

// Queue is the queue of a server.
type Queue struct {
	host      Host
	actions   map[string]Action // by verb
	con       *console.Console
	collector *queue.Collector[scripting.Delayed]
	queue     *queue.Queue[scripting.Delayed]
	kept      keptObjects
}

// capacity is how many commands wait in memory at least; QueueSize may ask for
// more.
const capacity = 10000

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// Open takes up what an earlier process left and begins to work.
func Open(host Host, actions map[string]Action, con *console.Console) (*Queue, error) {
	q := &Queue{host: host, actions: actions, con: con}
	cfg := host.Config()
	var err error
	q.queue, err = queue.Open(queue.Options[scripting.Delayed]{
		Dir: ".", Name: "DelayedQueue" + cfg.Owner(), Kind: "delayed", FailFile: "DelayedFetchForwardFailures" + cfg.Owner(),
		RecordSize: recordSize, Marshal: record, Unmarshal: parseRecord,
		Label:       func(d scripting.Delayed) string { return d.PatientID },
		Describe:    describe,
		Patient:     func(d scripting.Delayed) string { return d.PatientID },
		Destination: func(d scripting.Delayed) string { return d.AE },
		Redirect:    func(d scripting.Delayed, to string) scripting.Delayed { d.AE = to; return d },
		Run:         q.run,
		Workers:     cfg.DelayedForwarderThreads, Capacity: max(cfg.QueueSize, capacity),
		HoldOff: seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay), MaxRetries: cfg.MaximumDelayedFetchForwardRetries,
		Ready: func() bool { return !host.Busy() }, Gate: host.Gate(), Sync: cfg.SyncWrites,
		Operator: func(line string) { oplog.Line(con, line) }, Failed: q.failed,
	})
	if err != nil {
		return nil, fmt.Errorf("delayed queue: %w", err)
	}
	q.collector, err = queue.Collect(q.queue, "DelayedCollect"+cfg.Owner(), key)
	if err != nil {
		q.queue.Close()
		return nil, fmt.Errorf("delayed queue: %w", err)
	}
	// What stays is known before the first command that may remove it runs.
	if err := q.openKept(); err != nil {
		q.Close()
		return nil, err
	}
	q.queue.Start()
	q.collector.Start()
	return q, nil
}

func (q *Queue) failed(err error) { q.con.Event("*** queue on disk", "error", err) }

// Close leaves what waits to the next start.
func (q *Queue) Close() {
	for _, close := range []func() error{q.collector.Close, q.queue.Close, q.kept.close} {
		if err := close(); err != nil {
			q.failed(err)
		}
	}
}

// Push enters a command; added is false when an equal one waits already. A command
// that can not be kept is an error.
func (q *Queue) Push(d scripting.Delayed) (added bool, err error) {
	after := d.After
	if after == 0 {
		after = q.host.Config().ForwardCollectDelay
	}
	added, err = q.collector.Push(d, seconds(after))
	if err != nil {
		return false, fmt.Errorf("delayed command %s for patient %s: %w", d.Operation, d.PatientID, err)
	}
	return added, nil
}

// Collected calls show for each command that waits for its time.
func (q *Queue) Collected(show func(d scripting.Delayed, since, due time.Time)) {
	q.collector.Waiting(show)
}

// Flush makes all commands that wait for their time ready.
func (q *Queue) Flush() { q.collector.Flush() }

// Collecting is the number of commands that wait for their time.
func (q *Queue) Collecting() (n int) {
	q.Collected(func(scripting.Delayed, time.Time, time.Time) { n++ })
	return n
}

// Ready are the commands whose time has come.
func (q *Queue) Ready() *queue.Queue[scripting.Delayed] { return q.queue }

// describe names a command in a list.
func describe(d scripting.Delayed) string {
	what := d.Operation
	for _, uid := range []string{d.StudyUID, d.SeriesUID, d.SOP} {
		if uid != "" {
			what += " " + uid
		}
	}
	return what
}

// key tells which commands are equal: all but the delay.
func key(d scripting.Delayed) string {
	d.After = 0
	b, err := json.Marshal(d)
	if err != nil {
		return fmt.Sprint(d)
	}
	return string(b)
}

// run carries out a command whose time has come.
func (q *Queue) run(ctx context.Context, d scripting.Delayed) queue.Outcome {
	act, known := q.actions[d.Verb]
	if !known {
		queue.FromContext(ctx).Refused(d.AE, fmt.Sprintf("unknown command %q", d.Verb), false)
		return queue.Refused
	}
	began := time.Now()
	outcome := act(ctx, d)
	left, partly := queue.FromContext(ctx).Left().(scripting.Delayed)
	switch {
	case outcome == queue.Done:
		q.releaseKept(ctx, d, nil, began)
	case partly:
		q.releaseKept(ctx, d, &left, began)
	}
	return outcome
}
