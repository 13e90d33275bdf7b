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
	"conquest/queue"
	"conquest/scripting"
)

// Action carries out a command. givenUp tells that it failed for good: then what
// it was to read stays.
type Action func(ctx context.Context, d scripting.Delayed) (outcome queue.Outcome, givenUp bool)

// Host is what the queue needs of the server it belongs to.
type Host interface {
	// Config is the configuration for work that starts now.
	Config() *dicomini.Config
	// Busy tells whether commands are to wait, as while the index is made anew.
	Busy() bool
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
	stays     stays
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
		Dir: ".", Name: "DelayedQueue" + cfg.TCPPort, FailFile: "DelayedFetchForwardFailures" + cfg.TCPPort,
		RecordSize: recordSize, Marshal: record, Unmarshal: parseRecord,
		Label:   func(d scripting.Delayed) string { return d.PatientID },
		Run:     q.run,
		Workers: cfg.DelayedForwarderThreads, Capacity: max(cfg.QueueSize, capacity),
		HoldOff: seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay), MaxRetries: cfg.MaximumDelayedFetchForwardRetries,
		Ready:    func() bool { return !host.Busy() },
		Operator: func(line string) { con.Operator("%s", line) }, Failed: q.failed,
	})
	if err != nil {
		return nil, fmt.Errorf("delayed queue: %w", err)
	}
	q.collector, err = queue.Collect(q.queue, "DelayedCollect"+cfg.TCPPort, key)
	if err != nil {
		q.queue.Close()
		return nil, fmt.Errorf("delayed queue: %w", err)
	}
	return q, nil
}

func (q *Queue) failed(err error) { q.con.Event("*** queue on disk", "error", err) }

// Close leaves what waits to the next start.
func (q *Queue) Close() {
	q.collector.Close()
	q.queue.Close()
}

// Push enters a command; false when an equal one waits already.
func (q *Queue) Push(d scripting.Delayed) (added bool) {
	after := d.After
	if after == 0 {
		after = q.host.Config().ForwardCollectDelay
	}
	added, err := q.collector.Push(d, seconds(after))
	if err != nil {
		q.con.Event("*** delayed command not entered", "command", d.Operation, "patient", d.PatientID, "error", err)
	}
	return added
}

// Collected calls show for each command that waits for its time.
func (q *Queue) Collected(show func(d scripting.Delayed, since, due time.Time)) {
	q.collector.Waiting(show)
}

// State is that of the commands whose time has come.
func (q *Queue) State() queue.State { return q.queue.State() }

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
func (q *Queue) run(ctx context.Context, d scripting.Delayed) (outcome queue.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			q.con.Event("*** internal error in delayed command", "command", d.Operation, "patient", d.PatientID, "error", p)
			outcome = queue.Done
		}
	}()
	act, known := q.actions[d.Verb]
	if !known {
		q.con.Event("*** unknown delayed command", "command", d.Verb, "patient", d.PatientID)
		act = func(context.Context, scripting.Delayed) (queue.Outcome, bool) { return queue.Done, false }
	}
	began := time.Now()
	outcome, givenUp := act(ctx, d)
	if outcome == queue.Done && !givenUp {
		q.releaseStays(ctx, d, began)
	}
	return outcome
}
