package db

import (
	"sync/atomic"
)

// Statistics are numbers of rows since the index was opened.
type Statistics struct {
	Added, Updated int64
	Skipped        int64 // not written again because they would stay the same
}

// Statistics tells what Add and AddAll did so far.
func (d *DB) Statistics() Statistics {
	return Statistics{d.stats.added.Load(), d.stats.updated.Load(), d.stats.skipped.Load()}
}

type statistics struct{ added, updated, skipped atomic.Int64 }

func (d *DB) counted(a *addition) {
	d.stats.added.Add(a.done.Added)
	d.stats.updated.Add(a.done.Updated)
	d.stats.skipped.Add(a.done.Skipped)
}
