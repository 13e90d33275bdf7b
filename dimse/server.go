package dimse

import (
	"context"
	"net"
	"os"
	"time"
)

// Handler handles the requests of associations.
type Handler interface {
	// ServeDIMSE handles one request of a and answers it with a.Reply. Requests
	// of one association come one after the other. ctx ends when the association
	// does, and, while C-FIND, C-MOVE and C-GET are handled or after a.Watch,
	// when the peer cancels ([context.Cause] is ErrCancelled then).
	//
	// The error decides what follows: nil and the association goes on; a
	// *[StatusError] is sent as answer; ErrRelease releases; ErrClose closes the
	// connection without a PDU; any other error aborts.
	ServeDIMSE(ctx context.Context, a *Association, m *Message) error
}

// HandlerFunc is a function as a [Handler].
type HandlerFunc func(ctx context.Context, a *Association, m *Message) error

// ServeDIMSE calls f.
func (f HandlerFunc) ServeDIMSE(ctx context.Context, a *Association, m *Message) error {
	return f(ctx, a, m)
}

// Options are limits and times of associations, of servers and of clients. A
// zero field means the default.
type Options struct {
	// MaxPDU is the P-DATA-TF body size announced to the peer; default 131072.
	MaxPDU uint32
	// MaxSendPDU bounds the PDUs sent when the peer allows more or has no
	// limit; default 262144.
	MaxSendPDU uint32

	ImplementationClassUID    string // default of this library
	ImplementationVersionName string

	AssociateTimeout time.Duration // for the request or its answer, and other ARTIM waits; default 30 s
	ReadTimeout      time.Duration // silence allowed between and within messages; default 300 s
	WriteTimeout     time.Duration // for each write; default 300 s
	ReleaseTimeout   time.Duration // for the answer to a release; default 5 s

	// MaxCommand bounds a command set; default 128 MB.
	MaxCommand int64
	// MaxInMemory bounds the data set kept in memory; larger ones are spooled.
	// Default 64 MB.
	MaxInMemory int64
	// Spool makes the file for a larger data set; it is removed when the
	// handler ends unless taken with [Data.TakeFile]. c is the command of the
	// message. nil: larger data sets end the association.
	Spool func(a *Association, c *Command) (*os.File, error)
	// MaxData bounds any data set; 0 is no bound.
	MaxData int64
}

// Server accepts associations. Its fields may not change while it serves.
type Server struct {
	Options
	Policy  Policy // nil accepts everything
	Handler Handler

	// MaxAssociations bounds the associations at a time, default 1000;
	// MaxPerHost those of one IP address, 0 is no bound. Connections beyond
	// MaxAssociations are refused with a transient reject.
	MaxAssociations int
	MaxPerHost      int
	// MemoryBudget bounds what all associations together keep in memory of
	// messages being received and handled; beyond it data sets are spooled.
	// Default 256 MB.
	MemoryBudget int64
	// Grace is how long operations under way may last after ctx ended; default 30 s.
	Grace time.Duration

	// Opened is called after the association was accepted; an error closes the
	// connection without a PDU.
	Opened func(a *Association) error
	// Rejected is called when an association was refused.
	Rejected func(a *Association, err *RejectError)
	// Closed is called at the end of every connection for which Opened was
	// called, and of those that failed before; err is nil after a release.
	Closed func(a *Association, err error)
	// Panicked is called when the handler panicked; the association is aborted.
	Panicked func(a *Association, value any, stack []byte)
}

// Serve accepts connections from l, which it closes, until ctx ends; it then
// ends idle associations, lets operations finish (at most Grace) and returns
// nil. Another error of l is returned.
func (s *Server) Serve(ctx context.Context, l net.Listener) error { return nil }

// ServeConn serves one connection and closes it.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) error { return nil }
