package shadow

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"conquest/dimse"
	"conquest/group"
)

// proxy hands connections on to another address, bytes unchanged, and lets a tap
// see them. What the tap does holds up nothing: when it does not keep up it loses
// the connection, not the peers.
type proxy struct {
	to  string
	tap func(peer net.Addr) dimse.Tap // nil result: nobody listens
	// waited is told how long each piece was in our hands, for the report.
	waited func(time.Duration)
	failed func(error)

	work group.Group
	mu   sync.Mutex // guards below
	open map[net.Conn]bool
}

// dialPatience is how long the original may take to accept a connection.
const dialPatience = 30 * time.Second

// serve accepts connections until the listener is closed.
func (p *proxy) serve(ctx context.Context, l net.Listener) error {
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				p.closeAll()
				p.work.Wait()
				return nil
			}
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			return err
		}
		p.work.Go("connection", func() { p.connection(ctx, c) })
	}
}

func (p *proxy) hold(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[net.Conn]bool{}
	}
	p.open[c] = true
}

func (p *proxy) drop(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

func (p *proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
}

// connection hands one connection on.
func (p *proxy) connection(ctx context.Context, caller net.Conn) {
	p.hold(caller)
	defer p.drop(caller)
	original, err := (&net.Dialer{Timeout: dialPatience}).DialContext(ctx, "tcp", p.to)
	if err != nil {
		p.failed(err)
		return
	}
	p.hold(original)
	defer p.drop(original)
	tap := newTap(p.tap(caller.RemoteAddr()))
	var both group.Group
	both.Go("answers", func() { p.pipe(caller, original, tap.sent) })
	p.pipe(original, caller, tap.received)
	both.Wait()
	tap.end()
}

// piece is how much is handed on at once.
const piece = 64 << 10

// pipe hands on one direction to its end. The other one goes on, as between the
// peers themselves.
func (p *proxy) pipe(to, from net.Conn, tell func([]byte)) {
	buf := make([]byte, piece)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			began := time.Now()
			tell(buf[:n]) // before an answer to it can come
			if _, err := to.Write(buf[:n]); err != nil {
				from.Close()
				return
			}
			p.waited(time.Since(began))
		}
		if err != nil {
			if half, ok := to.(*net.TCPConn); ok {
				_ = half.CloseWrite() // it may be closed already
			}
			return
		}
	}
}

// held is how many pieces a tap may be behind.
const held = 512

// tap hands bytes to a [dimse.Tap] in a goroutine of its own.
type tap struct {
	to    dimse.Tap
	queue chan told
	lost  atomic.Bool
	work  group.Group
}

type told struct {
	b    []byte
	sent bool
}

func newTap(to dimse.Tap) *tap {
	t := &tap{to: to}
	if to == nil {
		return t
	}
	t.queue = make(chan told, held)
	t.work.Go("tap", func() {
		defer to.Ended()
		for x := range t.queue {
			if x.sent {
				to.Sent(x.b)
			} else {
				to.Received(x.b)
			}
		}
	})
	return t
}

func (t *tap) sent(b []byte)     { t.tell(b, true) }
func (t *tap) received(b []byte) { t.tell(b, false) }

func (t *tap) tell(b []byte, sent bool) {
	if t.to == nil || t.lost.Load() {
		return
	}
	select {
	case t.queue <- told{append([]byte(nil), b...), sent}:
	default:
		t.lost.Store(true) // what follows would make no sense any more
	}
}

func (t *tap) end() {
	if t.queue != nil {
		close(t.queue)
		t.work.Wait()
	}
}
