package dimse

import (
	"context"
	"errors"
	"net"
	"time"

	"conquest/dicom"
)

// PresentationContext is a proposed context and what became of it.
type PresentationContext struct {
	ID             byte
	AbstractSyntax string
	Proposed       []string // transfer syntaxes in the order of the requester
	Result         byte     // ContextAccepted or the reason of refusal
	TransferSyntax dicom.TransferSyntax
	Role           *RoleSelection // as accepted, nil when not negotiated
}

// Accepted tells whether messages may use the context.
func (c *PresentationContext) Accepted() bool { return c.Result == ContextAccepted }

// Message is a command with its data set.
type Message struct {
	Context *PresentationContext
	Command *Command
	Data    *Data // nil when the message has none
}

// Association is one association, on the side of its acceptor or of its
// requester. Its methods may be used by one goroutine at a time (the handler's),
// except Abort, Cancelled and the getters.
type Association struct {
	// Value belongs to the owner of the association.
	Value any

	conn     net.Conn
	rq       *AssociateRQ
	ac       *AssociateAC
	contexts []*PresentationContext
	serial   int64
	opened   time.Time
}

// Errors of associations.
var (
	// ErrCancelled is the cause of a handler's context after a C-CANCEL.
	ErrCancelled = errors.New("operation cancelled by the peer")
	// ErrReleased tells that the peer released the association.
	ErrReleased = errors.New("association released by the peer")
	// ErrRelease, returned by a handler, releases the association.
	ErrRelease = errors.New("release the association")
	// ErrClose, returned by a handler, closes the connection without a PDU.
	ErrClose = errors.New("close the connection")
	// ErrNoContext tells that no accepted context fits what is to be sent.
	ErrNoContext = errors.New("no accepted presentation context")
	// ErrTimeout tells that the peer was silent for too long.
	ErrTimeout = errors.New("timeout")
)

// AbortError tells that the association was aborted.
type AbortError struct {
	Source, Reason byte
	ByPeer         bool
	Err            error // why we aborted, nil when the peer did
}

// RejectError tells that the association was refused.
type RejectError struct{ Result, Source, Reason byte }

// Serial is a number of the association, counted from 1 in each [Server].
func (a *Association) Serial() int64 { return a.serial }

// Opened is the time of the connection.
func (a *Association) Opened() time.Time { return a.opened }

// Proposal is the request of the association; it may not be changed. It is nil
// when the connection ended before one came.
func (a *Association) Proposal() *AssociateRQ { return a.rq }

// Acceptance is the acceptance, nil when there was none.
func (a *Association) Acceptance() *AssociateAC { return a.ac }

// Calling is the calling AE title without padding.
func (a *Association) Calling() string { return a.rq.Calling.String() }

// Called is the called AE title without padding.
func (a *Association) Called() string { return a.rq.Called.String() }

// RemoteAddr is the network address of the peer.
func (a *Association) RemoteAddr() net.Addr { return a.conn.RemoteAddr() }

// Conn is the connection, for its properties (a *tls.Conn tells the peer's
// certificate). Reading or writing it breaks the association.
func (a *Association) Conn() net.Conn { return a.conn }

// Contexts are all proposed contexts in order of the request, with results.
func (a *Association) Contexts() []*PresentationContext { return a.contexts }

// ContextByID is the proposed context with this ID, nil when there is none.
func (a *Association) ContextByID(id byte) *PresentationContext { return nil }

// Find a context: among the accepted ones of a SOP class the first whose
// transfer syntax is the first possible of prefer (UIDs); without prefer, or
// when none of them was accepted, the first in [WriteOrder]. nil when the class
// was not accepted.
func (a *Association) ContextFor(sopClass string, prefer ...string) *PresentationContext { return nil }

// Cancelled tells whether the operation being handled was cancelled by a
// C-CANCEL or by the end of the association.
func (a *Association) Cancelled() bool { return false }

// Watch reads ahead while the handler works, so that its context is cancelled
// by a C-CANCEL, an abort or the end of the connection. For C-FIND, C-MOVE and
// C-GET requests that is done without asking.
func (a *Association) Watch() {}

// Send writes one message. The association numbers requests with a message ID
// of 0 and sets HasData; the data set is encoded in the context's syntax.
func (a *Association) Send(pc *PresentationContext, c *Command, data *Data) error { return nil }

// Reply answers m on its context: c.Field, MessageIDRespondedTo and, where
// empty, the SOP class are filled in from m. data may be nil.
func (a *Association) Reply(m *Message, c Command, data *Data) error { return nil }

// ReplyStatus answers m with a status and nothing else; the SOP instance of the
// request is repeated.
func (a *Association) ReplyStatus(m *Message, s Status, comment string) error { return nil }

// Abort sends an A-ABORT and closes the connection. It may be called at any time.
func (a *Association) Abort() error { return nil }

// Release ends the association in order: A-RELEASE-RQ, wait for the answer at
// most the release timeout, close. For the side of the requester; a handler
// returns ErrRelease instead.
func (a *Association) Release(ctx context.Context) error { return nil }

// Close closes the connection without a word.
func (a *Association) Close() error { return nil }
