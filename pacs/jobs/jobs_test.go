package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"conquest/journal"
)

func open(t *testing.T, path string, kinds map[string]Kind) *Jobs {
	t.Helper()
	j, err := Open(path, journal.Options{}, kinds, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// await waits until a job is in a state.
func await(t *testing.T, j *Jobs, id uint64, state string) Job {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		job, err := j.Get(id)
		if err == nil && job.State == state {
			return job
		}
		if time.Now().After(end) {
			t.Fatalf("job %+v is not %s", job, state)
		}
	}
}

func start(t *testing.T, j *Jobs, kind string, request any) uint64 {
	t.Helper()
	job, err := j.Start(kind, "anna", "about", request)
	if err != nil {
		t.Fatal(err)
	}
	return job.ID
}

func TestJob(t *testing.T) {
	fail := true
	kinds := map[string]Kind{"count": {Run: func(_ context.Context, p *Progress, r json.RawMessage) error {
		var n int
		if err := json.Unmarshal(r, &n); err != nil {
			return err
		}
		p.At(n, n, 0)
		p.Say("%d counted", n)
		if fail {
			return errors.New("no luck")
		}
		return nil
	}}, "panic": {Run: func(context.Context, *Progress, json.RawMessage) error { panic("oh") }}}
	path := filepath.Join(t.TempDir(), "jobs")
	j := open(t, path, kinds)
	id := start(t, j, "count", 3)
	if job := await(t, j, id, Failed); job.Error != "no luck" || job.Finished != 3 || job.Owner != "anna" {
		t.Errorf("%+v", job)
	}
	fail = false
	if _, err := j.Retry(id); err != nil {
		t.Fatal(err)
	}
	await(t, j, id, Done)
	await(t, j, start(t, j, "panic", nil), Failed)
	if _, err := j.Start("unknown", "", "", nil); err == nil {
		t.Error("an unknown kind is taken")
	}
	if _, err := j.Cancel(id); !errors.Is(err, ErrEnded) {
		t.Errorf("cancel of what ended: %v", err)
	}
	if n := j.Count(); n[Done] != 1 || n[Failed] != 1 {
		t.Errorf("%v", n)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = open(t, path, kinds)
	defer j.Close()
	if job, err := j.Get(id); err != nil || job.State != Done || job.Result != "3 counted" || len(j.List()) != 2 {
		t.Errorf("after a restart: %+v %v", job, err)
	}
}

// A job that ran when the process ended goes on when it may, else it is told.
func TestRestart(t *testing.T) {
	begun := make(chan bool, 2)
	hang := func(ctx context.Context, _ *Progress, _ json.RawMessage) error {
		begun <- true
		<-ctx.Done()
		return ctx.Err()
	}
	path := filepath.Join(t.TempDir(), "jobs")
	j := open(t, path, map[string]Kind{"send": {Run: hang, Again: true}, "modify": {Run: hang}})
	send, modify := start(t, j, "send", nil), start(t, j, "modify", nil)
	waits := start(t, j, "modify", nil)
	<-begun
	<-begun
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	good := func(context.Context, *Progress, json.RawMessage) error { return nil }
	j = open(t, path, map[string]Kind{"send": {Run: good, Again: true}, "modify": {Run: good}})
	defer j.Close()
	await(t, j, send, Done)
	await(t, j, waits, Done)
	if job := await(t, j, modify, Interrupted); job.Error == "" {
		t.Errorf("%+v", job)
	}
}

func TestCancel(t *testing.T) {
	hang := func(ctx context.Context, _ *Progress, _ json.RawMessage) error { <-ctx.Done(); return ctx.Err() }
	j := open(t, filepath.Join(t.TempDir(), "jobs"), map[string]Kind{"hang": {Run: hang}})
	defer j.Close()
	a, b, c := start(t, j, "hang", 1), start(t, j, "hang", 2), start(t, j, "hang", 3)
	await(t, j, a, Running)
	await(t, j, b, Running)
	for _, id := range []uint64{c, a} {
		if _, err := j.Cancel(id); err != nil {
			t.Fatal(err)
		}
		await(t, j, id, Cancelled)
	}
	if job, _ := j.Get(b); job.State != Running {
		t.Errorf("%+v", job)
	}
}

func TestFollowAndForget(t *testing.T) {
	var gone []uint64
	j := open(t, filepath.Join(t.TempDir(), "jobs"), map[string]Kind{"x": {
		Run: func(context.Context, *Progress, json.RawMessage) error { return nil }, Forget: func(j Job) { gone = append(gone, j.ID) },
	}})
	defer j.Close()
	ctx, stop := context.WithCancel(t.Context())
	seen, following := make(chan Job, 10), make(chan bool)
	go func() { j.Follow(ctx, func(job Job) { seen <- job }); close(following) }()
	for {
		j.mu.Lock()
		n := len(j.changed)
		j.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	id := start(t, j, "x", nil)
	for _, want := range []string{Waiting, Running, Done} {
		if job := <-seen; job.State != want {
			t.Errorf("told of %s, want %s", job.State, want)
		}
	}
	stop()
	<-following
	await(t, j, id, Done)
	j.mu.Lock()
	j.forget(time.Now().Add(8 * 24 * time.Hour))
	j.mu.Unlock()
	if len(gone) != 1 || len(j.List()) != 0 {
		t.Errorf("forgotten %v, left %v", gone, j.List())
	}
}
