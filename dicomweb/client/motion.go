package client

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// motion ends a request of which nothing moves any more.
type motion struct {
	limit  time.Duration
	timer  *time.Timer
	ctx    context.Context
	cancel context.CancelCauseFunc
}

var errStalled = errors.New("nothing moved for too long")

func watch(ctx context.Context, limit time.Duration) (context.Context, *motion) {
	m := &motion{limit: limit}
	m.ctx, m.cancel = context.WithCancelCause(ctx)
	m.timer = time.AfterFunc(limit, func() { m.cancel(errStalled) })
	return m.ctx, m
}

func (m *motion) moved() { m.timer.Reset(m.limit) }

func (m *motion) end() {
	m.timer.Stop()
	m.cancel(nil)
}

// cause is what ended a request, in place of "context canceled".
func (m *motion) cause(err error) error {
	if errors.Is(context.Cause(m.ctx), errStalled) {
		return errStalled
	}
	return err
}

// movingBody tells that a body moves; with last its end is that of the request.
type movingBody struct {
	io.ReadCloser
	motion *motion
	last   bool
}

func (b *movingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.motion.moved()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.motion.cause(err)
	}
	return n, err
}

func (b *movingBody) Close() error {
	err := b.ReadCloser.Close()
	if b.last {
		b.motion.end()
	}
	return err
}

// releasing frees what a request holds when its answer is closed.
type releasing struct {
	io.ReadCloser
	free func()
	once sync.Once
}

func (r *releasing) Close() error {
	defer r.once.Do(r.free)
	return r.ReadCloser.Close()
}
