package letters

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"conquest/journal"
	"conquest/queue"
)

// desk has two queues: in that of odd numbers all is refused but by OTHER.
func desk(t *testing.T) (*Desk, func() []string) {
	t.Helper()
	dir := t.TempDir()
	gate, err := queue.OpenGate(filepath.Join(dir, "paused"), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got []string
	d := &Desk{Gate: gate, Knows: func(ae string) bool { return ae != "NOBODY" }}
	var sources []Source
	for i, refuses := range []bool{true, false} {
		q, err := queue.Open(queue.Options[string]{
			Dir: dir, Name: fmt.Sprint("Queue", i), Kind: "export", Gate: gate, Capacity: 10,
			Label: func(s string) string { return s }, HoldOff: time.Hour, RetryDelay: time.Hour,
			Run: func(ctx context.Context, s string) queue.Outcome {
				del := queue.FromContext(ctx)
				to := del.Target(s[:1])
				if del.Held(to) {
					return queue.Retry
				}
				if refuses && to != "OTHER" {
					del.Refused(to, "no", false)
					return queue.Done
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, s+" to "+to)
				return queue.Done
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		q.Start()
		t.Cleanup(func() { q.Close() })
		sources = append(sources, q)
		for _, s := range []string{"A1", "A2", "B3"} {
			if err := q.Push(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.Sources = func() []Source { return sources }
	return d, func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(got) }
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestDesk(t *testing.T) {
	d, got := desk(t)
	eventually(t, "letters", func() bool { return len(d.List(Selection{})) == 3 && len(got()) == 3 })
	list := d.List(Selection{Destination: "A"})
	if len(list) != 2 || list[0].Label != "A1" || list[1].Label != "A2" || list[0].Queue != "Queue0" {
		t.Fatalf("list %+v", list)
	}
	one := Selection{Queue: "Queue0", ID: list[0].ID, One: true}
	if _, err := d.Skip(Selection{}); err == nil {
		t.Error("skip of all")
	}
	if n, err := d.Skip(one); n != 1 || err != nil {
		t.Errorf("skip: %d, %v", n, err)
	}
	var missing *queue.LetterError
	if n, err := d.Retry(one); n != 0 || !errors.As(err, &missing) {
		t.Errorf("retry of what is gone: %d, %v", n, err)
	}
	if _, err := d.Move(Selection{Destination: "A"}, "NOBODY"); err == nil {
		t.Error("moved to nobody")
	}
	if n, err := d.Move(Selection{Destination: "A"}, "OTHER"); n != 1 || err != nil {
		t.Errorf("move: %d, %v", n, err)
	}
	eventually(t, "the moved letter", func() bool { return slices.Contains(got(), "A2 to OTHER") })
	if n, err := d.Retry(Selection{}); n != 1 || err != nil {
		t.Errorf("retry: %d, %v", n, err)
	}
	eventually(t, "the letter again", func() bool { return len(d.List(Selection{})) == 1 })
	if n, err := d.Purge(Selection{}); n != 1 || err != nil || len(d.List(Selection{})) != 0 {
		t.Errorf("purge: %d, %v", n, err)
	}
}

func TestPausedDestinations(t *testing.T) {
	d, got := desk(t)
	eventually(t, "all", func() bool { return len(got()) == 3 })
	if err := d.Pause("A"); err != nil || d.Pause("") == nil {
		t.Fatal(err)
	}
	q := d.Sources()[1].(*queue.Queue[string])
	for _, s := range []string{"A7", "A8", "B9"} {
		if err := q.Push(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "B", func() bool { return slices.Contains(got(), "B9 to B") })
	dests := d.Destinations()
	if len(dests) != 2 || dests[0].Name != "A" || dests[0].Held != 2 || dests[0].Letters != 2 || dests[0].Paused == nil || dests[1].Paused != nil {
		t.Errorf("destinations %+v", dests)
	}
	// What is held can be moved too.
	if n, err := d.Move(Selection{Queue: "Queue1", Destination: "A"}, "C"); n != 2 || err != nil {
		t.Errorf("move: %d, %v", n, err)
	}
	eventually(t, "what was held", func() bool { return slices.Contains(got(), "A7 to C") && slices.Contains(got(), "A8 to C") })
	if err := d.Resume("A"); err != nil || d.Resume("A") == nil {
		t.Error(err)
	}
}
