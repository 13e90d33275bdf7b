// Package group owns goroutines: each has a name, is counted while it runs and
// waited for at the end, and a panic in it costs its job and nothing else.
//
// [Group.Go] starts one, [Each] runs a job for each of n numbers on a few of
// them, and [Guard] runs a function in place. No other package of the server
// has a go statement of its own.
package group

import (
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// PanicError is a panic caught in a job.
type PanicError struct {
	Job   string // name of the goroutine or of the guarded work
	Value any    // what panic was called with
	Stack []byte // of the goroutine, as runtime/debug prints it
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s: internal error: %v", e.Job, e.Value) }

// Unwrap gives the error that panic was called with, if it was one.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Guard runs f and returns its error, or a [*PanicError] when it panics.
func Guard(job string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Job: job, Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// Group is a set of goroutines that belong to one owner. The zero value is ready
// for use; it must not be copied.
type Group struct {
	// Panicked is told of a panic in a goroutine of the group; nil logs it with
	// slog. Set it before the first Go.
	Panicked func(*PanicError)

	wg      sync.WaitGroup
	mu      sync.Mutex
	running map[string]int
}

// Go runs f on a goroutine of its own. It may be called while another goroutine
// waits only from a goroutine of the group.
func (g *Group) Go(name string, f func()) {
	g.count(name, 1)
	g.wg.Go(func() {
		defer g.count(name, -1)
		err := Guard(name, func() error { f(); return nil })
		if err != nil {
			g.tell(err.(*PanicError))
		}
	})
}

// Wait blocks until all goroutines of the group have ended.
func (g *Group) Wait() { g.wg.Wait() }

// Running is the number of goroutines under each name now.
func (g *Group) Running() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.running)
}

func (g *Group) count(name string, by int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running == nil {
		g.running = map[string]int{}
	}
	g.running[name] += by
	if g.running[name] == 0 {
		delete(g.running, name)
	}
}

func (g *Group) tell(err *PanicError) {
	if g.Panicked != nil {
		g.Panicked(err)
		return
	}
	slog.Error("internal error", "job", err.Job, "error", err.Value, "stack", string(err.Stack))
}

// Each calls f for the numbers 0 to n-1, at most workers at a time (0: one for
// each processor), and waits for all. It returns the error of the lowest number
// that failed; after a failure no further numbers are begun. A panic in f is the
// error [*PanicError] of its number.
func Each(job string, n, workers int, f func(i int) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			if err := Guard(job, func() error { return f(i) }); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	var first firstError
	var g Group
	for range workers {
		g.Go(job, func() {
			for !first.failed() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := Guard(job, func() error { return f(i) }); err != nil {
					first.set(i, err)
				}
			}
		})
	}
	g.Wait()
	return first.err
}

// firstError keeps the error of the lowest number.
type firstError struct {
	mu  sync.Mutex
	i   int
	err error
}

func (e *firstError) failed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err != nil
}

func (e *firstError) set(i int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil || i < e.i {
		e.i, e.err = i, err
	}
}
