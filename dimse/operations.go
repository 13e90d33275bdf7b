package dimse

import (
	"context"
	"iter"

	"conquest/dicom"
)

// Response is the answer to a request.
type Response struct {
	Command *Command
	Data    *Data // nil when there is none
}

// Echo sends a C-ECHO-RQ and awaits success.
func (a *Association) Echo(ctx context.Context) error { return nil }

// StoreRequest is one object to store.
type StoreRequest struct {
	SOPClassUID, SOPInstanceUID string
	Data                        *Data
	// Context, when not nil, is used instead of one chosen by
	// [Association.ContextFor] from the class and the syntax of Data.
	Context                 *PresentationContext
	Priority                uint16
	MoveOriginator          string // with its message ID, in sub-operations of a C-MOVE or C-GET
	MoveOriginatorMessageID uint16
	MessageID               uint16         // 0: the next of the association
	Extra                   *dicom.Dataset // of the command
}

// Store sends a C-STORE-RQ and awaits its response. The error is a *[StatusError]
// when the status is a failure; the response is then there, too. Encoded data
// needs a context with its very transfer syntax, else ErrNoContext.
func (a *Association) Store(ctx context.Context, r StoreRequest) (*Response, error) { return nil, nil }

// Query is the request of C-FIND, C-MOVE and C-GET.
type Query struct {
	SOPClassUID string
	Identifier  *dicom.Dataset
	Destination string // C-MOVE
	Priority    uint16
	MessageID   uint16
	Extra       *dicom.Dataset       // of the command
	Context     *PresentationContext // nil: chosen
}

// Find sends a C-FIND-RQ and yields the data set of each pending response. A
// failure comes as last element, with a nil data set. Ending the loop early or
// ctx cancels the operation with a C-CANCEL-RQ.
func (a *Association) Find(ctx context.Context, q Query) iter.Seq2[*dicom.Dataset, error] { return nil }

// Move sends a C-MOVE-RQ and awaits the last response; progress, when not nil,
// is called with each pending one. Ending ctx cancels.
func (a *Association) Move(ctx context.Context, q Query, progress func(*Command)) (*Response, error) {
	return nil, nil
}

// Get sends a C-GET-RQ; store is called with each object (a C-STORE-RQ message)
// and returns the status to answer. Progress and end are as in Move.
func (a *Association) Get(ctx context.Context, q Query, store func(context.Context, *Message) Status, progress func(*Command)) (*Response, error) {
	return nil, nil
}

// Request sends any request, its context chosen by its SOP class when pc is nil,
// and awaits the final response. It serves the N- services; pending responses
// go to pending when that is not nil.
func (a *Association) Request(ctx context.Context, pc *PresentationContext, c Command, data *Data, pending func(*Response) error) (*Response, error) {
	return nil, nil
}
