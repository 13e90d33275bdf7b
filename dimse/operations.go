package dimse

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"conquest/dicom"
)

// Response is the answer to a request.
type Response struct {
	Command *Command
	Data    *Data // nil when there is none
}

// String is the response in a line: message, status and what it means, comment,
// counters of sub-operations.
func (r *Response) String() string {
	c := r.Command
	s := c.Field.String() + " " + c.Status.String()
	if text := c.Status.Text(); text != "" {
		s += " (" + text + ")"
	}
	if c.ErrorComment != "" {
		s += ": " + c.ErrorComment
	}
	if p := c.Progress; p != nil {
		s += fmt.Sprintf(", %d to do, %d done, %d failed, %d with warnings", p.Remaining, p.Completed, p.Failed, p.Warning)
	}
	return s
}

// interruptAfter ends reading when ctx ends, which costs the association; a
// C-CANCEL of the peer does not count. The result undoes it.
func (a *Association) interruptAfter(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); cause != ErrCancelled {
			a.timer.stop(cause)
		}
	})
}

// cancelAfter sends a C-CANCEL-RQ for the request c when ctx ends, and ends
// reading when the last response does not come in time.
func (a *Association) cancelAfter(ctx context.Context, pc *PresentationContext, c *Command) (stop func()) {
	cctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	sent := make(chan struct{})
	undo := context.AfterFunc(ctx, func() {
		defer close(sent)
		rq := Command{Field: CCancelRQ, MessageIDRespondedTo: c.MessageID}
		if err := a.Send(pc, &rq, nil); err != nil {
			a.timer.stop(err)
			return
		}
		timer := time.AfterFunc(a.opt.CancelTimeout, func() { a.timer.stop(ErrTimeout) })
		context.AfterFunc(cctx, func() { timer.Stop() })
	})
	return func() {
		if !undo() {
			<-sent // a late C-CANCEL would meet the next operation
		}
		cancel()
	}
}

// await is the next response to the request rq. Requests that come meanwhile go
// to serve.
func (a *Association) await(ctx context.Context, rq *Command, serve func(*Message) error) (*Message, error) {
	for {
		m, watched, err := a.next()
		if err != nil {
			if err == ErrReleased {
				a.answerRelease()
			}
			return nil, err
		}
		if watched {
			a.Watch()
		}
		c := m.Command
		switch {
		case c.Field == rq.Field.Response() && c.MessageIDRespondedTo == rq.MessageID:
			return m, nil
		case c.Field.IsResponse() || c.Field == CCancelRQ:
		case serve != nil:
			err = serve(m)
		default:
			err = a.serveIncoming(ctx, m)
		}
		a.done(m)
		if err != nil {
			return nil, a.abort(Abort{Source: AbortByUser}, evAbortRequest, err)
		}
	}
}

// serveIncoming handles a request of the peer while a response is awaited.
func (a *Association) serveIncoming(ctx context.Context, m *Message) error {
	if a.incoming == nil {
		return a.ReplyStatus(m, SOPClassNotSupported, "")
	}
	err := a.incoming.ServeDIMSE(ctx, a, m)
	if err == nil {
		return nil
	}
	_, err = a.replyError(m, err)
	return err
}

// Serve hands requests of the peer to the handler of [Request] until ctx ends,
// after which the association is still usable, or until the association ends.
// A requester that awaits an N-EVENT-REPORT calls it.
func (a *Association) Serve(ctx context.Context) error {
	for {
		a.Watch()
		a.mu.Lock()
		ahead := a.ahead
		a.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case in := <-ahead:
			a.mu.Lock()
			a.ahead = nil
			a.mu.Unlock()
			err := in.err
			if err == ErrReleased {
				a.answerRelease()
			}
			if err == nil {
				if !in.m.Command.Field.IsResponse() {
					err = a.serveIncoming(ctx, in.m)
				}
				a.done(in.m)
			}
			if err != nil {
				return err
			}
		}
	}
}

// answerRelease confirms a release of the peer.
func (a *Association) answerRelease() {
	a.end(ErrReleased)
	if _, err := a.step(evAnswerRelease); err == nil {
		a.writePDU(&ReleaseRP{})
	}
	a.shut()
}

// Request sends any request, on a context chosen by its SOP class when pc is
// nil, and awaits the final response. Pending responses go to pending, whose
// error aborts. A status of failure is a *[StatusError], the response is there
// nevertheless. It serves the N- services, too; the caller closes the response's
// data.
func (a *Association) Request(ctx context.Context, pc *PresentationContext, c Command, data *Data, pending func(*Response) error) (resp *Response, _ error) {
	if pc == nil {
		if pc = a.contextForData(c.SOPClassUID(), data); pc == nil {
			return nil, a.noContext(c.SOPClassUID(), data)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if a.opt.Asked != nil {
		defer a.asked(c.Field, &resp)()
	}
	if err := a.Send(pc, &c, data); err != nil {
		return nil, err
	}
	defer a.interruptAfter(ctx)()
	for {
		m, err := a.await(ctx, &c, nil)
		if err != nil {
			return nil, err
		}
		r := &Response{Command: m.Command, Data: m.Data}
		if !r.Command.Status.IsPending() {
			return r, statusErr(r.Command)
		}
		if pending != nil {
			if err := pending(r); err != nil {
				return nil, a.abort(Abort{Source: AbortByUser}, evAbortRequest, err)
			}
		}
	}
}

// Echo sends a C-ECHO-RQ and awaits success.
func (a *Association) Echo(ctx context.Context) error {
	r, err := a.Request(ctx, nil, Command{Field: CEchoRQ, AffectedSOPClassUID: Verification}, nil, nil)
	if err == nil && r.Command.Status != Success {
		err = &StatusError{Status: r.Command.Status}
	}
	return err
}

// StoreRequest is one object to store.
type StoreRequest struct {
	SOPClassUID, SOPInstanceUID string
	Data                        *Data
	// Context, when not nil, is used instead of one chosen from the class and
	// the syntax of Data.
	Context                 *PresentationContext
	Priority                uint16
	MoveOriginator          string // with its message ID, in sub-operations of a C-MOVE or C-GET
	MoveOriginatorMessageID uint16
	MessageID               uint16         // 0: the next of the association
	Extra                   *dicom.Dataset // of the command
}

// Store sends a C-STORE-RQ and awaits its response. The error is a *[StatusError]
// when the status is a failure; the response is then there, too. Encoded data,
// and compressed data sets, need a context with their very transfer syntax, else
// the error is ErrNoContext. In the handler of a C-GET a cancellation by the
// peer does not interrupt the store under way, but lets no further one start.
func (a *Association) Store(ctx context.Context, r StoreRequest) (*Response, error) {
	pc := r.Context
	if pc == nil {
		if pc = a.contextForData(r.SOPClassUID, r.Data); pc == nil {
			return nil, fmt.Errorf("store object %s: %w", r.SOPInstanceUID, a.noContext(r.SOPClassUID, r.Data))
		}
	}
	c := Command{
		Field: CStoreRQ, AffectedSOPClassUID: r.SOPClassUID, AffectedSOPInstanceUID: r.SOPInstanceUID,
		Priority: r.Priority, MessageID: r.MessageID, Extra: r.Extra,
		MoveOriginator: r.MoveOriginator, MoveOriginatorMessageID: r.MoveOriginatorMessageID,
	}
	return a.Request(ctx, pc, c, r.Data, nil)
}

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

// start sends the request of a query.
func (a *Association) start(ctx context.Context, field CommandField, q Query) (*PresentationContext, *Command, error) {
	c := &Command{
		Field: field, AffectedSOPClassUID: q.SOPClassUID, Priority: q.Priority, MessageID: q.MessageID,
		MoveDestination: q.Destination, Extra: q.Extra,
	}
	if a.padZeros && len(q.Destination)%2 == 1 {
		c.MoveDestination += "\x00"
	}
	data := NewData(q.Identifier)
	pc := q.Context
	if pc == nil {
		if pc = a.contextForData(q.SOPClassUID, data); pc == nil {
			return nil, nil, a.noContext(q.SOPClassUID, data)
		}
	}
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	return pc, c, a.Send(pc, c, data)
}

// Find sends a C-FIND-RQ and yields the data set of each pending response. A
// failure comes as last element, with a nil data set. Ending the loop early, or
// ctx, cancels the operation with a C-CANCEL-RQ and awaits its end, at most
// CancelTimeout.
func (a *Association) Find(ctx context.Context, q Query) iter.Seq2[*dicom.Dataset, error] {
	return func(yield func(*dicom.Dataset, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var final *Response
		if a.opt.Asked != nil {
			defer a.asked(CFindRQ, &final)()
		}
		pc, c, err := a.start(ctx, CFindRQ, q)
		if err != nil {
			yield(nil, err)
			return
		}
		defer a.cancelAfter(ctx, pc, c)()
		open := true
		for {
			m, err := a.await(ctx, c, nil)
			if err == nil && !m.Command.Status.IsPending() {
				final = &Response{Command: m.Command}
				err = finalError(ctx, m.Command)
				if open && err != nil {
					yield(nil, err)
				}
				return
			}
			if err != nil {
				if open {
					yield(nil, err)
				}
				return
			}
			if !open || ctx.Err() != nil {
				m.Data.Close()
				continue
			}
			ds, err := m.Data.answer()
			if !yield(ds, err) || err != nil {
				open = false
				cancel()
			}
		}
	}
}

// answer is the data set of a pending response.
func (d *Data) answer() (*dicom.Dataset, error) {
	if d == nil {
		return nil, errors.New("pending response without a data set")
	}
	ds, err := d.Dataset(dicom.ParseOptions{})
	if err != nil {
		return nil, fmt.Errorf("parse response: %w", err)
	}
	return ds, nil
}

// finalError is the error of a last response: its status, or why we cancelled.
func finalError(ctx context.Context, c *Command) error {
	if c.Status == StatusCancel && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return statusErr(c)
}

// Move sends a C-MOVE-RQ and awaits the last response; progress, when not nil,
// is called with each pending one. Ending ctx cancels as in Find.
func (a *Association) Move(ctx context.Context, q Query, progress func(*Command)) (*Response, error) {
	return a.retrieve(ctx, CMoveRQ, q, nil, progress)
}

// Get sends a C-GET-RQ; store is called with each object (a C-STORE-RQ message)
// and returns the status to answer; it takes spooled data with [Data.TakeFile].
// Progress and end are as in Move.
func (a *Association) Get(ctx context.Context, q Query, store func(context.Context, *Message) Status, progress func(*Command)) (*Response, error) {
	serve := func(m *Message) error {
		if m.Command.Field != CStoreRQ {
			return a.serveIncoming(ctx, m)
		}
		return a.ReplyStatus(m, store(ctx, m), "")
	}
	return a.retrieve(ctx, CGetRQ, q, serve, progress)
}

func (a *Association) retrieve(ctx context.Context, field CommandField, q Query, serve func(*Message) error, progress func(*Command)) (resp *Response, _ error) {
	if a.opt.Asked != nil {
		defer a.asked(field, &resp)()
	}
	pc, c, err := a.start(ctx, field, q)
	if err != nil {
		return nil, err
	}
	defer a.cancelAfter(ctx, pc, c)()
	for {
		m, err := a.await(ctx, c, serve)
		if err != nil {
			return nil, err
		}
		if !m.Command.Status.IsPending() {
			return &Response{Command: m.Command, Data: m.Data}, finalError(ctx, m.Command)
		}
		m.Data.Close()
		if progress != nil {
			progress(m.Command)
		}
	}
}
