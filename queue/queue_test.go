package queue

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

type job struct {
	File string
	N    int
}

// options is a queue in dir whose runs are reported on the channel before run
// answers.
func options(dir string, run func(job) Outcome) (Options[job], chan job) {
	ran := make(chan job, 100)
	return Options[job]{
		Dir: dir, Name: "pending", FailFile: filepath.Join(dir, "Failures"),
		RecordSize: 32,
		Marshal: func(j job) ([]byte, bool) {
			return []byte(j.File), len(j.File) < 32
		},
		Unmarshal: func(b []byte) (job, error) {
			return job{File: string(bytes.TrimRight(b, "\x00"))}, nil
		},
		Label:       func(j job) string { return j.File },
		Destination: func(job) string { return "PEER" },
		Kind:        "export",
		Capacity:    10,
		Run: func(_ context.Context, j job) Outcome {
			o := run(j)
			ran <- j
			return o
		},
	}, ran
}

func open(t *testing.T, o Options[job]) *Queue[job] {
	t.Helper()
	q, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	q.Start()
	return q
}

func push(t *testing.T, q *Queue[job], j job) {
	t.Helper()
	if err := q.Push(context.Background(), j); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func receive(t *testing.T, c chan job) job {
	t.Helper()
	select {
	case j := <-c:
		return j
	case <-time.After(10 * time.Second):
		t.Fatal("no work was run within 10 s")
		return job{}
	}
}

func TestRunsInOrder(t *testing.T) {
	o, ran := options(t.TempDir(), func(job) Outcome { return Done })
	q := open(t, o)
	for _, f := range []string{"a", "b", "c"} {
		push(t, q, job{File: f})
	}
	for _, want := range []string{"a", "b", "c"} {
		if got := receive(t, ran).File; got != want {
			t.Errorf("ran %q, want %q", got, want)
		}
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if files, _ := os.ReadDir(o.Dir); len(files) != 0 {
		t.Errorf("an empty queue left %v", files)
	}
}

func TestSurvivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	block := make(chan struct{})
	o, _ := options(dir, func(job) Outcome { <-block; return Done })
	first := open(t, o)
	push(t, first, job{"a", 1})
	push(t, first, job{"b", 2})

	// A second queue on a copy of the files sees what a killed process leaves.
	copied := t.TempDir()
	data, err := os.ReadFile(filepath.Join(dir, "pending"))
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, `{"id":7,"wo`...) // torn by the kill
	if err := os.WriteFile(filepath.Join(copied, "pending"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	o2, ran := options(copied, func(job) Outcome { return Done })
	second := open(t, o2)
	for _, want := range []job{{"a", 1}, {"b", 2}} {
		if got := receive(t, ran); got != want {
			t.Errorf("after the restart ran %v, want %v", got, want)
		}
	}
	close(block)
	first.Close()
	second.Close()
}

func TestFailureGoesToTheFileAndIsRetried(t *testing.T) {
	var up atomic.Bool
	o, ran := options(t.TempDir(), func(job) Outcome {
		if up.Load() {
			return Done
		}
		return Retry
	})
	o.RetryDelay = 50 * time.Millisecond
	var lines []string
	o.Operator = func(l string) { lines = append(lines, l) }
	q := open(t, o)
	push(t, q, job{File: "a"})
	receive(t, ran)
	receive(t, ran) // first retry, fails again
	data, err := os.ReadFile(o.FailFile)
	if err != nil || len(data) != 32 || data[0] != 'a' {
		t.Errorf("failure file: %q, %v", data, err)
	}
	up.Store(true)
	receive(t, ran)
	for exists(o.FailFile) {
		time.Sleep(time.Millisecond)
	}
	q.Close()
	want := "Queue: holding processing of file a\nQueue: retrying processing of file a"
	if got := strings.Join(lines, "\n"); !strings.HasPrefix(got, want) {
		t.Errorf("log:\n%s\nwant it to start\n%s", got, want)
	}
}

func TestHoldOff(t *testing.T) {
	o, ran := options(t.TempDir(), func(job) Outcome { return Retry })
	o.HoldOff, o.RetryDelay = time.Hour, time.Hour
	q := open(t, o)
	push(t, q, job{File: "a"})
	receive(t, ran)
	push(t, q, job{File: "b"})
	for q.State().Failed < 2 {
		time.Sleep(time.Millisecond)
	}
	if len(ran) != 0 {
		t.Error("work was tried during hold-off")
	}
	q.Close()
}

func TestWorkThatFitsNoRecordStays(t *testing.T) {
	long := strings.Repeat("x", 40)
	dir := t.TempDir()
	o, ran := options(dir, func(job) Outcome { return Retry })
	o.HoldOff, o.RetryDelay = time.Hour, time.Hour
	q := open(t, o)
	push(t, q, job{File: long})
	receive(t, ran)
	for q.State().Failed < 1 {
		time.Sleep(time.Millisecond)
	}
	q.Close()
	o, ran = options(dir, func(job) Outcome { return Done })
	q = open(t, o)
	if got := receive(t, ran).File; got != long {
		t.Errorf("after the restart ran %q", got)
	}
	q.Close()
}

func TestGivesUp(t *testing.T) {
	o, ran := options(t.TempDir(), func(job) Outcome { return Retry })
	o.MaxRetries = 2
	given := make(chan string, 10)
	o.Operator = func(l string) {
		if strings.HasPrefix(l, "***") {
			given <- l
		}
	}
	q := open(t, o)
	push(t, q, job{File: "a"})
	for range 3 {
		receive(t, ran)
	}
	if got, want := <-given, "*** Queue: 3 retries exceeds set maximum of 2 - giving up"; got != want {
		t.Errorf("log %q, want %q", got, want)
	}
	for len(q.Letters()) == 0 {
		time.Sleep(time.Millisecond)
	}
	q.Close()
	if exists(o.FailFile) {
		t.Error("the failure file is still there")
	}
}

func TestTakesUpTheOriginalsFile(t *testing.T) {
	o, ran := options(t.TempDir(), func(job) Outcome { return Done })
	file := make([]byte, 3*32)
	copy(file, "one")
	copy(file[32:], "\x00wo")
	copy(file[64:], "three")
	if err := os.WriteFile(o.FailFile, file, 0o644); err != nil {
		t.Fatal(err)
	}
	q := open(t, o)
	if a, b := receive(t, ran).File, receive(t, ran).File; a != "one" || b != "three" {
		t.Errorf("ran %q, %q", a, b)
	}
	q.Close()
}

func TestCollectorRunsOnceAfterTheLast(t *testing.T) {
	dir := t.TempDir()
	o, ran := options(dir, func(job) Outcome { return Done })
	q := open(t, o)
	key := func(j job) string { return j.File }
	c, err := Collect(q, "delayed", key)
	if err != nil {
		t.Fatal(err)
	}
	c.Start()
	for n := range 3 {
		added, err := c.Push(job{"study", n}, 100*time.Millisecond)
		if err != nil || added != (n == 0) {
			t.Fatalf("push %d: added %v, %v", n, added, err)
		}
	}
	if _, err := c.Push(job{"urgent", 0}, 0); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, ran).File; got != "urgent" {
		t.Errorf("first ran %q: an entry that is due waited behind a later one", got)
	}
	if got := receive(t, ran); got.N != 2 {
		t.Errorf("ran %v, want the last of three", got)
	}
	if _, err := c.Push(job{"later", 0}, time.Hour); err != nil {
		t.Fatal(err)
	}
	c.Close()
	q.Close()

	q = open(t, o)
	c, err = Collect(q, "delayed", key)
	if err != nil {
		t.Fatal(err)
	}
	c.Start()
	n := 0
	c.Waiting(func(w job, _, _ time.Time) { n++ })
	if n != 1 {
		t.Errorf("%d entries after the restart, want 1", n)
	}
	c.Close()
	q.Close()
}

// Work is found from its Push until its Run has answered, also on its way from
// the collector to the queue.
func TestContainsSeesWorkOnItsWay(t *testing.T) {
	answer := make(chan Outcome)
	o, _ := options(t.TempDir(), func(job) Outcome { return <-answer })
	o.Capacity = 1
	q := open(t, o)
	c, err := Collect(q, "delayed", func(j job) string { return j.File })
	if err != nil {
		t.Fatal(err)
	}
	c.Start()
	push(t, q, job{File: "first"})
	for q.State().Running == 0 {
		time.Sleep(time.Millisecond)
	}
	push(t, q, job{File: "second"}) // the queue is full now
	if _, err := c.Push(job{File: "third"}, 0); err != nil {
		t.Fatal(err)
	}
	held := func() (taken bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.waiting) == 1 && c.waiting[0].taken
	}
	for !held() {
		time.Sleep(time.Millisecond)
	}
	for _, name := range []string{"first", "second", "third"} {
		is := func(j job) bool { return j.File == name }
		if !c.Contains(is) {
			t.Errorf("%s is not found", name)
		}
		answer <- Done
		for c.Contains(is) {
			time.Sleep(time.Millisecond)
		}
	}
	c.Close()
	q.Close()
}
