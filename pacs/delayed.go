package pacs

import (
	"context"

	"conquest/db"
	"conquest/dicomini"
	"conquest/pacs/delayed"
	"conquest/pacs/export"
	"conquest/queue"
	"conquest/rules"
	"conquest/scripting"
)

// delayedWork is what one worker of the delayed queue keeps from command to
// command.
type delayedWork struct {
	s        *PACS
	caller   *rules.Party // keeps variables and Lua state
	prefetch string       // patient read last
}

// delayedHost is the server as the queue of delayed commands sees it.
type delayedHost struct{ s *PACS }

func (h delayedHost) Config() *dicomini.Config { return h.s.Live.Current() }
func (h delayedHost) Busy() bool               { return h.s.Export.Busy() }
func (h delayedHost) Gate() *queue.Gate        { return h.s.Export.Gate }

func (h delayedHost) Remove(ctx context.Context, refs []db.ObjectRef) error {
	return h.s.Remove.Objects(ctx, h.s.Live.Current(), nil, refs)
}

// resumeDelayed opens the queue of delayed commands.
func (s *PACS) resumeDelayed() (err error) {
	var workers []delayedWork
	for _, c := range export.WorkerCallers(s.Live.Current()) {
		workers = append(workers, delayedWork{s: s, caller: c})
	}
	byWorker := func(act func(*delayedWork, context.Context, scripting.Delayed) queue.Outcome) delayed.Action {
		return func(ctx context.Context, d scripting.Delayed) queue.Outcome {
			w := &workers[queue.FromContext(ctx).Worker]
			return act(w, ctx, d)
		}
	}
	s.Delayed, err = delayed.Open(delayedHost{s}, map[string]delayed.Action{
		"forward": s.delayedForward, "get": s.delayedGet, "preretrieve": s.delayedGet,
		"delete": s.delayedDelete, "merge": s.Modify.DelayedMerge,
		"process": byWorker((*delayedWork).process), "prefetch": byWorker((*delayedWork).read),
		"submit": s.delayedSubmit, "submit2": s.delayedSubmit,
	}, s.Console)
	return err
}
