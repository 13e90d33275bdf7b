package queue

import (
	"context"
	"testing"
	"time"
)

// What a queue knows of a destination: what waits, what came through, what failed
// and when it is tried again.
func TestDestinations(t *testing.T) {
	p := newPeers()
	o := p.options(t.TempDir())
	run := o.Run
	o.Run = func(ctx context.Context, j job) Outcome {
		out := run(ctx, j)
		if out == Done && FromContext(ctx).kind == Done {
			FromContext(ctx).Reached(j.File[:1])
		}
		return out
	}
	q := open(t, o)
	push(t, q, job{File: "A/1"})
	wait(t, "A", func() bool { return len(p.has("A")) == 1 })
	p.set("A", Retry)
	p.set("B", Refused)
	push(t, q, job{File: "A/2"})
	push(t, q, job{File: "A/3"})
	push(t, q, job{File: "B/1"})
	wait(t, "A held, B dead", func() bool { return q.Held()["A"] == 2 && len(q.Letters()) == 1 })
	d := q.Destinations()
	if len(d) != 2 || d[0].Name != "A" || d[1].Name != "B" {
		t.Fatalf("%+v", d)
	}
	if a := d[0]; a.Held != 2 || a.Done != 1 || a.Failed != 1 || a.Failures != 1 || a.LastError != "no answer" || a.LastDone.IsZero() || a.LastFailed.Before(a.LastDone) ||
		a.Rate != 1.0/rateMinutes || time.Until(a.NextTry) < time.Minute || a.Oldest.IsZero() {
		t.Errorf("%+v", a)
	}
	if b := d[1]; b.Letters != 1 || b.Failed != 1 || b.Held != 0 || b.LastError != "status a900" {
		t.Errorf("%+v", b)
	}
	p.set("A", Done)
	if n := q.TryNow("A"); n != 2 {
		t.Errorf("%d tried", n)
	}
	wait(t, "A", func() bool { return len(p.has("A")) == 3 })
	wait(t, "the record", func() bool { return q.Destinations()[0].Done == 3 })
	if a := q.Destinations()[0]; a.Held != 0 || a.Failures != 0 || !a.NextTry.IsZero() {
		t.Errorf("%+v", a)
	}
	q.Close()
}

func TestRate(t *testing.T) {
	var r record
	now := time.Unix(1000*60, 0)
	for range 10 {
		r.succeeded(now)
	}
	for _, c := range []struct {
		after time.Duration
		rate  float64
	}{{0, 2}, {4 * time.Minute, 2}, {5 * time.Minute, 0}} {
		if got := r.rate(now.Add(c.after)); got != c.rate {
			t.Errorf("after %v: %v", c.after, got)
		}
	}
}
