package pixel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"conquest/budget"
	"conquest/pixel/frame"
)

// Limits bound what work on the pixel data of one object may use. The zero value
// stands for the defaults.
type Limits struct {
	// Budget, when not nil, is what the work counts against, beside others'. What
	// the data set holds in memory afterwards stays taken of it: give each object a
	// part and close that when the object is let go.
	Budget *budget.Budget
	// Memory is how many bytes the work on one object may use; 0 is
	// [DefaultMemory].
	Memory int64
	// Time is the processor time that decoding one object, or one frame when only
	// that is asked for, may take beside two seconds for each megabyte of coded
	// data; 0 is [DefaultTime]. It is estimated before, for an ordinary processor.
	Time time.Duration
	// Spool is the folder for pixel data that are too large for memory, in files
	// that vanish with the data set; "" is [os.TempDir].
	Spool string
}

// Defaults of [Limits].
const (
	DefaultMemory = 384 << 20
	DefaultTime   = 5 * time.Second
)

const (
	// spoolFrom is the size of plain pixel data from which on they are made in a
	// file.
	spoolFrom = 96 << 20
	// timeForMegabyte is added to the time of a decode.
	timeForMegabyte = 2 * time.Second
	// patience is how long work waits for the memory that other work uses.
	patience = 30 * time.Second
)

func (l Limits) memory() int64 { return cmp.Or(l.Memory, DefaultMemory) }

// meter is the time for n bytes of coded data.
func (l Limits) meter(n int64) *frame.Meter {
	return frame.NewMeter(cmp.Or(l.Time, DefaultTime) + time.Duration(float64(n)/(1<<20)*float64(timeForMegabyte)))
}

// reserve takes memory for work: kept bytes of what it makes, and scratch bytes for
// each of up to workers goroutines (0: one for each processor), of which it returns
// how many there may be. All of it is taken at once, so that nobody waits for more
// while holding some. done gives back the scratch.
func (l Limits) reserve(kept, scratch int64, workers int) (n int, done func(), err error) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	limit := l.memory()
	if kept > limit || scratch > limit-kept {
		return 0, nil, &budget.Error{Budget: "the pixel data of one object", Wanted: max(kept, kept+scratch), Limit: limit}
	}
	if scratch > 0 {
		workers = max(int(min(int64(workers), (limit-kept)/scratch)), 1)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := l.Budget.Wait(ctx, kept+scratch*int64(workers))
		var refusal *budget.Error
		switch {
		case err == nil:
			return workers, func() { l.Budget.Give(scratch * int64(workers)) }, nil
		case workers > 1 && errors.As(err, &refusal) && refusal.Never():
			workers = 1
		default:
			return 0, nil, err
		}
	}
}

// release gives back what reserve took to be kept.
func (l Limits) release(kept int64) { l.Budget.Give(kept) }

// spool makes a file in the folder for large pixel data.
func (l Limits) spool() (*os.File, error) {
	f, err := openSpool(cmp.Or(l.Spool, os.TempDir()))
	if err != nil {
		return nil, fmt.Errorf("make room for large pixel data: %w", err)
	}
	return f, nil
}
