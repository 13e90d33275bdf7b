package queue

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"conquest/journal"
)

// peers are destinations that answer as they are told. The file of a job names
// its destination up to the first slash.
type peers struct {
	mu     sync.Mutex
	answer map[string]Outcome
	got    map[string][]string
}

func newPeers() *peers { return &peers{answer: map[string]Outcome{}, got: map[string][]string{}} }

func (p *peers) set(name string, o Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer[name] = o
}

func (p *peers) has(name string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got[name])
}

// run sends as a converter does: the destination is known only on the way.
func (p *peers) run(ctx context.Context, j job) Outcome {
	d := FromContext(ctx)
	for dest := range strings.SplitSeq(strings.Split(j.File, "/")[0], "+") {
		if d.WasSent(dest) {
			continue
		}
		to := d.Target(dest)
		if d.Held(to) {
			return Retry
		}
		p.mu.Lock()
		answer := p.answer[to]
		if answer == Done {
			p.got[to] = append(p.got[to], j.File)
		}
		p.mu.Unlock()
		switch answer {
		case Done:
			d.Sent(dest)
		case Retry:
			d.Failed(to, "no answer")
			return Retry
		case Refused:
			d.Refused(to, "status a900", false)
			return Done
		case Deferred:
			d.Refused(to, "status a900", true)
			return Retry
		}
	}
	return Done
}

func (p *peers) options(dir string) Options[job] {
	o, _ := options(dir, nil)
	o.Destination, o.Run = nil, p.run
	o.RetryDelay, o.HoldOff = time.Hour, time.Hour
	return o
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}

func names(prefix string, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("%s/%d", prefix, i))
	}
	return list
}

// A refused object stands in nobody's way: the others go on in order, it is a dead
// letter that can be retried.
func TestRefusedWorkIsADeadLetter(t *testing.T) {
	dir, p := t.TempDir(), newPeers()
	p.set("BAD", Refused)
	var lines []string
	o := p.options(dir)
	o.Operator = func(l string) { lines = append(lines, l) }
	o.Patient = func(job) string { return "PAT7" }
	q := open(t, o)
	push(t, q, job{File: "BAD/1"})
	for _, f := range names("A", 3) {
		push(t, q, job{File: f})
	}
	wait(t, "the others", func() bool { return len(p.has("A")) == 3 })
	if !slices.Equal(p.has("A"), names("A", 3)) {
		t.Errorf("order %q", p.has("A"))
	}
	q.Close()
	if want := "*** export of BAD/1 (patient PAT7) to BAD: status a900: dead letter"; !slices.Contains(lines, want) {
		t.Errorf("log %q", lines)
	}

	q = open(t, o) // it outlives the process
	letters := q.Letters()
	if len(letters) != 1 || letters[0].Destination != "BAD" || letters[0].Reason != "status a900" || letters[0].Label != "BAD/1" || letters[0].Kind != "export" {
		t.Fatalf("letters %+v", letters)
	}
	if s := q.State(); s.Letters != 1 || s.Open() != 0 {
		t.Errorf("state %+v", s)
	}
	if !q.Contains(func(j job) bool { return j.File == "BAD/1" }) {
		t.Error("a dead letter is not found")
	}
	p.set("BAD", Done)
	if err := q.Retry(letters[0].ID); err != nil {
		t.Fatal(err)
	}
	wait(t, "the letter", func() bool { return len(p.has("BAD")) == 1 && q.State().Letters == 0 })
	var missing *LetterError
	if err := q.Retry(letters[0].ID); !errors.As(err, &missing) {
		t.Errorf("retry of a letter that is gone: %v", err)
	}
	q.Close()
}

func TestLettersAreMovedAndSkipped(t *testing.T) {
	p := newPeers()
	p.set("BAD", Refused)
	dir := t.TempDir()
	q := open(t, p.options(dir))
	push(t, q, job{File: "GOOD+BAD/1"})
	push(t, q, job{File: "BAD/2"})
	wait(t, "letters", func() bool { return len(q.Letters()) == 2 })
	l := q.Letters()
	if err := errors.Join(q.Move(l[0].ID, "OTHER"), q.Skip(l[1].ID)); err != nil {
		t.Fatal(err)
	}
	wait(t, "the moved letter", func() bool { return len(p.has("OTHER")) == 1 })
	if n := len(p.has("GOOD")); n != 1 {
		t.Errorf("what was sent is sent %d times", n)
	}
	q.Close()
	if s := open(t, p.options(dir)).State(); s.Open()+s.Letters != 0 {
		t.Errorf("left: %+v", s)
	}
}

// While one destination is away, those of the same converter go on; when it is
// back it gets all in order, what the process left too.
func TestOneDestinationAway(t *testing.T) {
	dir, p := t.TempDir(), newPeers()
	p.set("A", Retry)
	o := p.options(dir)
	q := open(t, o)
	for i := range 5 {
		push(t, q, job{File: fmt.Sprint("A/", i)})
		push(t, q, job{File: fmt.Sprint("B/", i)})
	}
	wait(t, "B", func() bool { return len(p.has("B")) == 5 })
	wait(t, "A held", func() bool { return q.Held()["A"] == 5 })
	if !exists(o.FailFile) {
		t.Error("the failure file is not there")
	}
	p.set("A", Done)
	push(t, q, job{File: "A/5"})
	wait(t, "A held", func() bool { return q.Held()["A"] == 6 })
	q.Reset()
	wait(t, "A", func() bool { return len(p.has("A")) == 6 })
	push(t, q, job{File: "A/6"})
	wait(t, "A", func() bool { return len(p.has("A")) == 7 })
	if !slices.Equal(p.has("A"), names("A", 7)) || !slices.Equal(p.has("B"), names("B", 5)) {
		t.Errorf("A got %q, B %q", p.has("A"), p.has("B"))
	}
	wait(t, "no failure file", func() bool { return !exists(o.FailFile) })

	p.set("A", Retry)
	for i := range 3 {
		push(t, q, job{File: fmt.Sprint("A/", 7+i)})
	}
	wait(t, "A held", func() bool { return q.Held()["A"] == 3 })
	q.Close()
	p.set("A", Done)
	q = open(t, o)
	wait(t, "A after the restart", func() bool { return len(p.has("A")) == 10 })
	if !slices.Equal(p.has("A"), names("A", 10)) {
		t.Errorf("A got %q", p.has("A"))
	}
	q.Close()
}

// New work after the hold-off has the destination tried, the oldest work first.
func TestNewWorkEndsTheHoldOff(t *testing.T) {
	p := newPeers()
	p.set("A", Retry)
	o := p.options(t.TempDir())
	o.HoldOff = 0
	q := open(t, o)
	push(t, q, job{File: "A/0"})
	wait(t, "A held", func() bool { return q.Held()["A"] == 1 })
	p.set("A", Done)
	push(t, q, job{File: "A/1"})
	wait(t, "A", func() bool { return slices.Equal(p.has("A"), names("A", 2)) })
	q.Close()
}

// RetryForwardFailed: what is refused is tried again, and holds nothing up.
func TestRefusedAndRetried(t *testing.T) {
	p := newPeers()
	p.set("A", Deferred)
	o := p.options(t.TempDir())
	o.MaxRetries, o.RetryDelay = 2, 0
	q := open(t, o)
	push(t, q, job{File: "A/0"})
	push(t, q, job{File: "B/0"})
	wait(t, "B", func() bool { return len(p.has("B")) == 1 })
	wait(t, "the letter", func() bool { return len(q.Letters()) == 1 })
	if r := q.Letters()[0].Reason; r != "given up after 3 attempts: status a900" {
		t.Errorf("reason %q", r)
	}
	q.Close()
}

func TestPausedDestination(t *testing.T) {
	dir, p := t.TempDir(), newPeers()
	path := filepath.Join(dir, "paused")
	gate, err := OpenGate(path, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := p.options(dir)
	o.Gate = gate
	q := open(t, o)
	if err := gate.Pause("A"); err != nil {
		t.Fatal(err)
	}
	push(t, q, job{File: "B+A/0"})
	push(t, q, job{File: "A/1"})
	push(t, q, job{File: "B/1"})
	wait(t, "B", func() bool { return len(p.has("B")) == 2 })
	wait(t, "A held", func() bool { return q.Held()["A"] == 2 })
	q.Reset()
	q.Close()
	gate.Close()

	if gate, err = OpenGate(path, journal.Options{}); err != nil {
		t.Fatal(err)
	}
	o.Gate = gate
	q = open(t, o)
	wait(t, "A held after the restart", func() bool { return q.Held()["A"] == 2 })
	if l := gate.List(); len(l) != 1 || l[0].Destination != "A" || gate.Pause("A") == nil {
		t.Errorf("paused: %+v", l)
	}
	if err := gate.Resume("A"); err != nil || gate.Resume("A") == nil {
		t.Fatal(err)
	}
	wait(t, "A", func() bool { return len(p.has("A")) == 2 })
	if !slices.Equal(p.has("B"), []string{"B+A/0", "B/1"}) {
		t.Errorf("B got %q", p.has("B"))
	}
	q.Close()
}

func TestHeldWorkIsBuried(t *testing.T) {
	p := newPeers()
	p.set("A", Retry)
	q := open(t, p.options(t.TempDir()))
	push(t, q, job{File: "A/0"})
	push(t, q, job{File: "A/1"})
	wait(t, "A held", func() bool { return q.Held()["A"] == 2 })
	if n := q.Bury("A"); n != 2 || len(q.Letters()) != 2 || q.Bury("B") != 0 {
		t.Errorf("%d buried, letters %+v", n, q.Letters())
	}
	q.Close()
}

func TestNumberOfLettersIsBounded(t *testing.T) {
	p := newPeers()
	p.set("A", Refused)
	o := p.options(t.TempDir())
	o.MaxLetters = 2
	dropped := make(chan string, 10)
	o.Operator = func(l string) {
		if strings.Contains(l, "dropped") {
			dropped <- l
		}
	}
	q := open(t, o)
	for _, f := range names("A", 3) {
		push(t, q, job{File: f})
	}
	if l := <-dropped; !strings.Contains(l, "A/2") || len(q.Letters()) != 2 {
		t.Errorf("line %q, %d letters", l, len(q.Letters()))
	}
	q.Close()
}

// A run that panics costs its work nothing: it is a dead letter.
func TestPanicIsADeadLetter(t *testing.T) {
	o, _ := options(t.TempDir(), func(j job) Outcome {
		if j.N == 1 {
			panic("bad object")
		}
		return Done
	})
	q := open(t, o)
	push(t, q, job{"a", 1})
	push(t, q, job{"b", 2})
	wait(t, "the letter", func() bool { return len(q.Letters()) == 1 && q.State().Open() == 0 })
	q.Close()
}

// What is left of work that was done in part is done later, also by the next
// process.
func TestRestOfWork(t *testing.T) {
	dir := t.TempDir()
	var up atomic.Bool
	ran := make(chan job, 10)
	o, _ := options(dir, nil)
	o.RetryDelay = 0
	o.Run = func(ctx context.Context, j job) Outcome {
		ran <- j
		switch {
		case up.Load():
			return Done
		case j.File == "all":
			FromContext(ctx).Rest(job{File: "half"})
		case j.File == "half":
			FromContext(ctx).Rest(job{File: "quarter"})
		}
		FromContext(ctx).Failed("PEER", "a part failed")
		return Retry
	}
	q := open(t, o)
	push(t, q, job{File: "all"})
	for _, want := range []string{"all", "half", "quarter", "quarter"} {
		if got := receive(t, ran).File; got != want {
			t.Errorf("ran %q, want %q", got, want)
		}
	}
	q.Close()
	up.Store(true)
	for len(ran) > 0 {
		<-ran
	}
	q = open(t, o)
	if got := receive(t, ran).File; got != "quarter" {
		t.Errorf("after the restart ran %q", got)
	}
	wait(t, "nothing", func() bool { return q.State().Open() == 0 })
	q.Close()
}
