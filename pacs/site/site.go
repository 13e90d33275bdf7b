// Package site is what every use case of a PACS works with: the configuration, the
// index, the AE map, the console, the counters, and the makers of names and UIDs.
package site

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"conquest/budget"
	"conquest/console"
	"conquest/db"
	"conquest/dicomini"
	"conquest/metrics"
	"conquest/pacs/delayed"
	"conquest/pacs/life"
	"conquest/rules"
	"conquest/storage"
)

// Site is one PACS as its configuration describes it. Its parts are safe for
// concurrent use; they are set before work begins.
type Site struct {
	Live    *dicomini.Live
	Console *console.Console
	AEs     *dicomini.AEMap
	Webs    dicomini.WebMap
	SOPs    *dicomini.SOPStore
	Schema  *dicomini.Schema
	Index   *db.DB
	Namer   *storage.Namer
	Rules   *rules.Engine
	UIDs    *UIDMaker
	// Draining tells that no new work is taken.
	Draining  atomic.Bool
	Memory    *budget.Budget // of the process, for what objects, messages and scripts need
	presences presences
	Locks     keyedLocks // one store of a SOP instance at a time
	Awaited   Waiters    // objects that retrievals wait for
	// Accessed is told who asked for, or read, what; nil: nobody is.
	Accessed func(Access)
	// Life remembers what happens to objects; nil: nobody does.
	Life *life.Line
	// Delayed is the queue of delayed commands; nil in tools.
	Delayed *delayed.Queue
	// Expression gives the value of a Lua expression about the object of a request.
	Expression func(ctx context.Context, q rules.Request, expression string) (string, error)

	TestMode    atomic.Pointer[string]
	Status      atomic.Pointer[string] // progress of the last move or export
	Counters    Counters
	Started     time.Time
	Threads     atomic.Int64     // associations ever
	OpenThreads atomic.Int64     // associations now
	Terminal    io.Writer        // for progress; nil when nobody looks
	Progress    *console.Channel // of long commands
	Meter       *metrics.Meter   // nil in tools

	Witness   Witness // nil: nothing is recorded
	rehearsal string
}
