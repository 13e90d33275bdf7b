package dimse

import (
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

// Handler handles the requests of associations.
type Handler interface {
	// ServeDIMSE handles one message of a and answers it with a.Reply. Messages
	// of one association come one after the other. ctx ends when the association
	// does, and, while C-FIND, C-MOVE and C-GET are handled or after a.Watch,
	// when the peer cancels ([context.Cause] is ErrCancelled then). A C-CANCEL-RQ
	// outside an operation, and a response nobody awaits, are messages, too, and
	// want no answer.
	//
	// The error decides what follows: nil and the association goes on; a
	// *[StatusError] is sent as answer; ErrRelease releases; ErrClose closes the
	// connection without a PDU; any other error aborts.
	//
	// m.Data and its file are valid until the handler ends.
	ServeDIMSE(ctx context.Context, a *Association, m *Message) error
}

// HandlerFunc is a function as a [Handler].
type HandlerFunc func(ctx context.Context, a *Association, m *Message) error

// ServeDIMSE calls f.
func (f HandlerFunc) ServeDIMSE(ctx context.Context, a *Association, m *Message) error {
	return f(ctx, a, m)
}

// Server accepts associations. Its fields may not change while it serves.
type Server struct {
	Options
	Policy  Policy // nil is an empty [ListPolicy], which accepts everything
	Handler Handler

	// MaxAssociations bounds the associations at a time, default 1000;
	// MaxPerHost those of one IP address, 0 is no bound. For a connection beyond
	// the former the one that is idle for longest gives way, of the host with
	// most (see [ErrGaveWay]); if there is none, and beyond the latter, it is
	// refused with a transient reject.
	MaxAssociations int
	MaxPerHost      int
	// MemoryBudget bounds what all associations together keep in memory of
	// messages being received and handled; beyond it data sets are spooled.
	// Default 256 MB. It counts against Budget as well.
	MemoryBudget int64
	// Budget is the memory that received messages, parsing, and what else handlers
	// do with objects, may use: each association gets a part of it of at most
	// AssociationBudget bytes, default 384 MB ([Association.Memory]), and each
	// message a part of that, in the context of the handler ([budget.From]). nil
	// bounds each association only.
	Budget            *budget.Budget
	AssociationBudget int64
	// Grace is how long operations under way may last after ctx ended; default 30 s.
	Grace time.Duration

	// Refuse, when not nil, is asked before the policy, with the proposal and the
	// connection (a *tls.Conn tells the peer's certificate) at hand; an answer
	// other than nil refuses the association.
	Refuse func(a *Association) *AssociateRJ
	// Opened is called after the association was accepted; ErrRelease releases
	// it, another error closes the connection without a PDU.
	Opened func(a *Association) error
	// Rejected is called when an association was refused.
	Rejected func(a *Association, err *RejectError)
	// Closed is called at the end of every connection; err is nil after a
	// release in order.
	Closed func(a *Association, err error)
	// Panicked is called when the handler or a callback panicked; the
	// association is aborted.
	Panicked func(a *Association, value any, stack []byte)
	// TooLarge is called when a request was refused for the size of its data set
	// (MaxIdentifier, MaxNSet).
	TooLarge func(a *Association, m *Message, err error)
	// AcceptFailed is called when a connection could not be accepted for want
	// of descriptors or the like; the server tries again.
	AcceptFailed func(err error)

	once      sync.Once
	receiving *budget.Budget // of MemoryBudget
	serial    atomic.Int64
	mu        sync.Mutex // guards the fields below
	open      map[*Association]*listening
	perHost   map[string]int
	refused   int // connections being refused
	leaving   int // that gave way and are not gone yet
}

// listening is one call of Serve.
type listening struct {
	draining bool // guarded by Server.mu
}

func (s *Server) init() {
	s.once.Do(func() {
		s.Options = s.Options.withDefaults()
		orDefault(&s.MaxAssociations, 1000)
		orDefault(&s.MemoryBudget, 256<<20)
		orDefault(&s.AssociationBudget, mostOfOne)
		orDefault(&s.Grace, 30*time.Second)
		if s.Policy == nil {
			s.Policy = &ListPolicy{}
		}
		s.receiving = budget.New("messages being received", s.MemoryBudget)
		s.open = map[*Association]*listening{}
		s.perHost = map[string]int{}
	})
}

// Associations is the number of connections being served.
func (s *Server) Associations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Serve accepts connections from l, which it closes, until ctx ends; it then
// ends idle associations, lets operations finish (at most Grace, then their
// contexts end) and returns nil once all are gone. Another error of l is
// returned in the same way. Several listeners, plain and TLS, may be served at
// a time.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.init()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	defer l.Close()
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(ErrShutdown)
	var running group.Group
	here := &listening{}
	err := s.acceptAll(ctx, l, func(conn net.Conn) {
		running.Go("association", func() { s.serveConn(base, conn, here) })
	})
	s.drain(here)
	kill := time.AfterFunc(s.Grace, func() {
		cancel(ErrShutdown)
		s.closeAll(here)
	})
	defer kill.Stop()
	running.Wait()
	return err
}

// acceptAll hands connections to serve until ctx ends or l fails.
func (s *Server) acceptAll(ctx context.Context, l net.Listener, serve func(net.Conn)) error {
	pause := 5 * time.Millisecond
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 5 * time.Millisecond
			serve(conn)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept connection: %w", err)
		default:
			if s.AcceptFailed != nil {
				s.AcceptFailed(err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, time.Second)
		}
	}
}

// drain asks the associations of l to end: idle ones now, others after their
// message.
func (s *Server) drain(l *listening) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.draining = true
	for a, of := range s.open {
		if of == l {
			a.drain()
		}
	}
}

func (s *Server) closeAll(l *listening) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for a, of := range s.open {
		if of == l {
			a.conn.Close()
		}
	}
}

// ServeConn serves one connection and closes it. The end of ctx aborts it.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) {
	s.init()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	s.serveConn(ctx, conn, &listening{})
}

// enter counts a connection in; full tells that it has to be refused, and drop
// that there are even too many of those.
func (s *Server) enter(a *Association, host string, l *listening) (full, drop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.draining {
		return false, true
	}
	crowded := len(s.open)-s.refused-s.leaving >= s.MaxAssociations && !s.makeRoom(host)
	if crowded || s.MaxPerHost > 0 && s.perHost[host] >= s.MaxPerHost {
		if s.refused >= 64 {
			return true, true
		}
		s.refused++
		full, a.refused = true, true
	}
	s.open[a] = l
	s.perHost[host]++
	return full, false
}

func (s *Server) leave(a *Association, host string, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, a)
	if s.perHost[host]--; s.perHost[host] <= 0 {
		delete(s.perHost, host)
	}
	if full {
		s.refused--
	}
	if a.timer.reason() == ErrGaveWay {
		s.leaving--
	}
}

func hostOf(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return addr.String()
}
