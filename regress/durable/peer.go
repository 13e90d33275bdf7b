package main

import (
	"context"
	"net"
	"sync"

	"conquest/dimse"
)

// peer takes what is forwarded.
type peer struct {
	port int

	mu  sync.Mutex
	got map[string]bool
}

// start listens until stop is called.
func (p *peer) start() (stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.port, p.got = l.Addr().(*net.TCPAddr).Port, map[string]bool{}
	ctx, cancel := context.WithCancel(context.Background())
	s := &dimse.Server{Handler: dimse.HandlerFunc(p.serve)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(ctx, l)
	}()
	return func() { cancel(); <-done }, nil
}

func (p *peer) serve(_ context.Context, a *dimse.Association, m *dimse.Message) error {
	if m.Command.Field == dimse.CStoreRQ {
		p.mu.Lock()
		p.got[m.Command.AffectedSOPInstanceUID] = true
		p.mu.Unlock()
	}
	return a.ReplyStatus(m, dimse.Success, "")
}

func (p *peer) has(uid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got[uid]
}
