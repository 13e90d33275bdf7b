package dimse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"conquest/budget"
	"conquest/group"
)

// Message is a command with its data set.
type Message struct {
	Context *PresentationContext
	Command *Command
	Data    *Data // nil when the message has none

	taken int64 // of the memory budget, for a large command
}

// Association is one association, on the side of its acceptor or of its
// requester. Its methods may be used by one goroutine at a time (the handler's),
// except Abort, Cancelled, Err and the getters.
type Association struct {
	// Value belongs to the owner of the association.
	Value any

	opt       Options
	conn      net.Conn
	wire      prompt    // conn, for PDUs
	ended     sync.Once // what the listener of wire is told
	rq        *AssociateRQ
	ac        *AssociateAC
	contexts  []*PresentationContext
	byID      [256]*PresentationContext
	serial    int64
	opened    time.Time
	memory    *budget.Budget // of an association of a server: for what is received, parsing, decoding, scripts
	receiving receiveMemory
	host      string  // of the peer, in a server
	refused   bool    // beyond the limits of the server
	incoming  Handler // of requests that come while a response is awaited
	padZeros  bool    // NUL instead of blanks behind AE titles

	// Of the goroutine that reads.
	br        *bufio.Reader
	pduLeft   int64 // bytes of the P-DATA-TF being read
	lastSize  int64 // of the last data set
	inMessage atomic.Bool
	timer     readTimer

	wmu         sync.Mutex // one writer
	out         []byte
	maxFragment int
	writeSet    time.Time

	lastMessageID uint16
	answered      atomic.Uint32

	reading group.Group // reads ahead

	mu       sync.Mutex // guards the fields below
	fsm      machine
	err      error
	ahead    chan inbound
	op       context.CancelCauseFunc
	opCtx    context.Context
	handling bool
	draining bool
}

func newAssociation(conn net.Conn, opt Options, requestor bool) *Association {
	a := &Association{
		opt: opt.withDefaults(), conn: conn, opened: time.Now(),
		fsm: machine{state: sta1, requestor: requestor}, timer: readTimer{conn: conn, began: time.Now()},
	}
	a.wire.conn, a.wire.acknowledge = conn, acknowledger(conn)
	if opt.Tap != nil {
		a.wire.tap = opt.Tap(conn.RemoteAddr())
	}
	a.br = readers.Get().(*bufio.Reader)
	a.br.Reset(&a.wire)
	return a
}

// readers are buffers of ended associations, for the next ones.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 16<<10) }}

// Serial is a number of the association, counted from 1 in each [Server].
func (a *Association) Serial() int64 { return a.serial }

// Memory is what all work for an association of a server counts against until it
// ends; nil, which has no bound, for one that we opened.
func (a *Association) Memory() *budget.Budget { return a.memory }

// Opened is the time of the connection.
func (a *Association) Opened() time.Time { return a.opened }

// Proposal is the request of the association; it may not be changed. It is nil
// when the connection ended before one came.
func (a *Association) Proposal() *AssociateRQ { return a.rq }

// Acceptance is the answer to the request, nil when there was none.
func (a *Association) Acceptance() *AssociateAC { return a.ac }

// Calling is the calling AE title without padding, "" before the request.
func (a *Association) Calling() string {
	if a.rq == nil {
		return ""
	}
	return a.rq.Calling.String()
}

// Called is the called AE title without padding, "" before the request.
func (a *Association) Called() string {
	if a.rq == nil {
		return ""
	}
	return a.rq.Called.String()
}

// RemoteAddr is the network address of the peer.
func (a *Association) RemoteAddr() net.Addr { return a.conn.RemoteAddr() }

// Conn is the connection, for its properties (a *tls.Conn tells the peer's
// certificate). Reading or writing it breaks the association.
func (a *Association) Conn() net.Conn { return a.conn }

// Err tells why the association ended, nil while it is usable.
func (a *Association) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// step makes a transition of the upper layer machine.
func (a *Association) step(e event) (action, error) {
	a.mu.Lock()
	act, err := a.fsm.step(e)
	if err != nil && a.err != nil {
		err = a.err
	}
	a.mu.Unlock()
	return act, err
}

// end notes the first reason of the end and cancels the operation under way.
func (a *Association) end(err error) error {
	a.mu.Lock()
	if a.err == nil {
		a.err = err
	}
	err = a.err
	cancel := a.op
	a.mu.Unlock()
	if cancel != nil {
		cancel(err)
	}
	return err
}

// setPeerLimit derives the fragment size from the maximum the peer announced:
// even, and small enough for the PDV header to fit.
func (a *Association) setPeerLimit(n uint32) {
	if n == 0 || n > a.opt.MaxSendPDU {
		n = a.opt.MaxSendPDU
	}
	a.maxFragment = int(max(n, 16)-6) &^ 1
}

// Abort sends an A-ABORT as user and closes the connection. It may be called at
// any time, by any goroutine.
func (a *Association) Abort() error {
	a.abort(Abort{Source: AbortByUser}, evAbortRequest, ErrAborted)
	return a.hangUp()
}

// shut closes the connection and tells who listens to it.
func (a *Association) shut() error {
	err := a.conn.Close()
	a.ended.Do(func() {
		if a.wire.tap != nil {
			a.wire.tap.Ended()
		}
		if a.opt.Ended != nil {
			a.opt.Ended()
		}
	})
	return err
}

// hangUp closes the connection, which may have been done before.
func (a *Association) hangUp() error {
	if err := a.shut(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// abort sends p, unless a message is being written, and ends the association
// with cause.
func (a *Association) abort(p Abort, e event, cause error) error {
	err := a.end(&AbortError{Source: p.Source, Reason: p.Reason, Err: cause})
	act, stepErr := a.step(e)
	if stepErr != nil || act == aa2 || act == aa6 {
		return err
	}
	if a.wmu.TryLock() {
		defer a.wmu.Unlock()
		a.conn.SetWriteDeadline(time.Now().Add(a.opt.CloseTimeout))
		a.wire.Write(AppendPDU(nil, &p))
	}
	return err
}

// writePDU sends a PDU other than P-DATA-TF.
func (a *Association) writePDU(p PDU) error {
	a.wmu.Lock()
	defer a.wmu.Unlock()
	if err := a.writeHeld(); err != nil {
		return err
	}
	a.armWrite()
	if _, err := a.wire.Write(AppendPDU(nil, p)); err != nil {
		a.step(evClosed)
		return a.end(fmt.Errorf("send PDU of type %02X: %w", byte(p.Type()), err))
	}
	return nil
}

// Close closes the connection without a word.
func (a *Association) Close() error {
	a.step(evClosed)
	a.end(net.ErrClosed)
	return a.hangUp()
}

// linger gives the peer CloseTimeout to read what was sent last and to close;
// closing at once could take an abort or release from its receive buffer.
func (a *Association) linger() {
	if c, ok := a.conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
	a.timer.fix(a.opt.CloseTimeout)
	buf := receiveBuffers.get(64 << 10)
	defer receiveBuffers.put(buf)
	for {
		if _, err := a.conn.Read(buf[:cap(buf)]); err != nil {
			break
		}
	}
	a.step(evClosed)
	a.shut()
}

// Release ends the association in order: A-RELEASE-RQ, the answer, close. The
// answer is awaited at most ReleaseTimeout. A handler returns ErrRelease
// instead.
func (a *Association) Release(ctx context.Context) error {
	if _, err := a.step(evReleaseRequest); err != nil {
		a.shut()
		return err
	}
	defer a.shut()
	if err := a.writePDU(&ReleaseRQ{}); err != nil {
		return err
	}
	stop := a.interruptAfter(ctx)
	defer stop()
	err := a.awaitRelease()
	a.end(net.ErrClosed)
	return err
}
