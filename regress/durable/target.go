package main

import (
	"context"
	"net"
	"sync"
	"time"

	"conquest/dimse"
)

// target is a destination that can be told to misbehave.
type target struct {
	port int

	mu   sync.Mutex // guards below
	got  map[string]int
	mode behaviour
}

// behaviour is how a target answers objects.
type behaviour struct {
	name   string
	status dimse.Status
	every  int           // the status is for one of so many objects; 0 for all
	delay  time.Duration // before the answer
	drop   bool          // the connection ends instead of an answer
	n      int
}

func (t *target) start() (stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t.port, t.got = l.Addr().(*net.TCPAddr).Port, map[string]int{}
	ctx, cancel := context.WithCancel(context.Background())
	s := &dimse.Server{Handler: dimse.HandlerFunc(t.serve)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(ctx, l)
	}()
	return func() { cancel(); <-done }, nil
}

func (t *target) behave(b behaviour) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mode = b
}

func (t *target) serve(ctx context.Context, a *dimse.Association, m *dimse.Message) error {
	if m.Command.Field != dimse.CStoreRQ {
		return a.ReplyStatus(m, dimse.Success, "")
	}
	t.mu.Lock()
	t.mode.n++
	b := t.mode
	t.mu.Unlock()
	status := b.status
	if b.every > 0 && b.n%b.every != 0 {
		status = dimse.Success
	}
	select {
	case <-time.After(b.delay):
	case <-ctx.Done():
	}
	if b.drop && b.n%3 == 0 {
		a.Close()
		return dimse.ErrClose
	}
	if status == dimse.Success || status.IsWarning() {
		t.note(m.Command.AffectedSOPInstanceUID)
	}
	return a.ReplyStatus(m, status, "")
}

func (t *target) note(uid string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.got[uid]++
}

func (t *target) count(uid string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.got[uid]
}
