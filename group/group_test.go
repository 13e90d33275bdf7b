package group_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"conquest/group"
)

func TestGoTellsOfAPanicAndGoesOn(t *testing.T) {
	var told atomic.Pointer[group.PanicError]
	g := group.Group{Panicked: func(e *group.PanicError) { told.Store(e) }}
	g.Go("watcher", func() { panic("bad file") })
	g.Wait()
	e := told.Load()
	if e == nil || e.Job != "watcher" || e.Value != "bad file" || len(e.Stack) == 0 {
		t.Fatalf("told %+v", e)
	}
	if n := len(g.Running()); n != 0 {
		t.Errorf("%d jobs still counted", n)
	}
}

func TestRunningNamesWhatRuns(t *testing.T) {
	var g group.Group
	end := make(chan struct{})
	for range 2 {
		g.Go("worker", func() { <-end })
	}
	if n := g.Running()["worker"]; n != 2 {
		t.Errorf("%d workers counted", n)
	}
	close(end)
	g.Wait()
}

func TestGuardKeepsTheErrorOfAPanic(t *testing.T) {
	want := errors.New("cause")
	err := group.Guard("job", func() error { panic(want) })
	var p *group.PanicError
	if !errors.As(err, &p) || !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

func TestEach(t *testing.T) {
	var done atomic.Int64
	if err := group.Each("frame", 100, 4, func(int) error { done.Add(1); return nil }); err != nil || done.Load() != 100 {
		t.Errorf("%d done, %v", done.Load(), err)
	}
	bad := errors.New("bad")
	for _, workers := range []int{1, 4} {
		err := group.Each("frame", 50, workers, func(i int) error {
			if i >= 10 {
				return bad
			}
			return nil
		})
		if !errors.Is(err, bad) {
			t.Errorf("%d workers: %v", workers, err)
		}
		var p *group.PanicError
		if err := group.Each("frame", 5, workers, func(i int) error { _ = make([]int, 1)[i]; return nil }); !errors.As(err, &p) {
			t.Errorf("%d workers: panic gives %v", workers, err)
		}
	}
}
