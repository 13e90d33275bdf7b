package dimse

import (
	"errors"
	"fmt"
)

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
	ErrTimeout = errors.New("timeout: the peer is silent")
	// ErrConnectionClosed tells that the peer closed without release or abort.
	ErrConnectionClosed = errors.New("connection closed by the peer")
	// ErrAborted is the cause of an association ended with [Association.Abort].
	ErrAborted = errors.New("aborted by its owner")
	// ErrShutdown is the cause of associations ended by the end of their server.
	ErrShutdown = errors.New("server is shutting down")
	// ErrGaveWay is the cause of idle associations ended because all that
	// [Server.MaxAssociations] allows were in use.
	ErrGaveWay = errors.New("idle while all connections were in use: gave way to another one")
	// ErrDataTooLarge tells that a message exceeds a limit of [Options].
	ErrDataTooLarge = errors.New("message is too large")
	// ErrNoData tells that a message has no data set.
	ErrNoData = errors.New("message has no data set")
	// ErrUnexpectedPDU tells that a PDU came at the wrong time.
	ErrUnexpectedPDU = errors.New("unexpected PDU")
	// ErrState tells that the association is not in a state for what was asked.
	ErrState = errors.New("association is not in the right state")

	errReleaseConfirmed = errors.New("release confirmed")
)

// AbortError tells that the association was aborted.
type AbortError struct {
	Source, Reason byte
	ByPeer         bool
	Err            error // why we aborted, nil when the peer did
}

func (e *AbortError) Error() string {
	if e.ByPeer {
		return fmt.Sprintf("association aborted by the peer (source %d, reason %d)", e.Source, e.Reason)
	}
	return fmt.Sprintf("association aborted: %v", e.Err)
}

// Unwrap is the cause.
func (e *AbortError) Unwrap() error { return e.Err }

// RejectError tells that the association was refused.
type RejectError struct{ Result, Source, Reason byte }

func (e *RejectError) Error() string {
	return fmt.Sprintf("association rejected: result %d, source %d, reason %d", e.Result, e.Source, e.Reason)
}
