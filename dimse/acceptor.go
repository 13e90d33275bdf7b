package dimse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	"conquest/budget"
)

// refuseTimeout is how long a connection beyond the limits may take to send
// its request.
const refuseTimeout = 2 * time.Second

// serveConn serves one connection to its end.
func (s *Server) serveConn(ctx context.Context, conn net.Conn, l *listening) {
	a := newAssociation(conn, s.Options, false)
	a.serial, a.memory = s.serial.Add(1), s.Budget.Part("association", s.AssociationBudget)
	a.receiving = receiveMemory{s.receiving, a.memory}
	defer a.memory.Close()
	host := hostOf(conn.RemoteAddr())
	a.host = host
	full, drop := s.enter(a, host, l)
	if drop {
		a.shut()
		return
	}
	defer s.leave(a, host, full)
	err := s.guard(a, func() error { return s.serve(ctx, a, full) })
	a.end(firstError(err, net.ErrClosed))
	if err != nil && s.lingers(a) {
		a.linger()
	}
	a.shut()
	a.collect()
	a.returnReader()
	if s.Closed != nil {
		s.guard(a, func() error { s.Closed(a, err); return nil })
	}
}

// lingers tells whether the peer has something to read before it closes. After a
// release in order it sends nothing any more: closing takes no answer from it.
func (s *Server) lingers(a *Association) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.fsm.state == sta13
}

// collect waits for the goroutine that reads ahead, the connection being closed.
func (a *Association) collect() {
	a.mu.Lock()
	ahead := a.ahead
	a.ahead = nil
	a.mu.Unlock()
	if ahead == nil {
		return
	}
	if in := <-ahead; in.m != nil {
		a.done(in.m)
	}
}

// returnReader gives the buffer back that nobody reads into any more.
func (a *Association) returnReader() {
	old := a.br
	a.br = bufio.NewReaderSize(&a.wire, 16)
	old.Reset(nil)
	readers.Put(old)
}

// guard runs f and turns a panic into an abort.
func (s *Server) guard(a *Association, f func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		err = a.abort(Abort{Source: AbortByUser}, evAbortRequest, fmt.Errorf("panic: %v", v))
		if s.Panicked != nil {
			s.Panicked(a, v, debug.Stack())
		}
	}()
	return f()
}

func (s *Server) serve(ctx context.Context, a *Association, full bool) error {
	if err := s.accept(a, full); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(budget.With(ctx, a.memory))
	defer func() { cancel(a.Err()) }()
	if s.Opened != nil {
		err := s.Opened(a)
		if errors.Is(err, ErrRelease) {
			return a.finish(err)
		}
		if err != nil {
			return err
		}
	}
	for {
		m, _, err := a.next()
		if err != nil {
			return a.finish(err)
		}
		if err := s.handle(ctx, a, m); err != nil {
			return a.finish(err)
		}
		if a.mustDrain() {
			return a.abort(Abort{Source: AbortByProvider}, evAbortRequest, ErrShutdown)
		}
	}
}

// accept reads the request and answers it by the policy.
func (s *Server) accept(a *Association, full bool) error {
	a.step(evAccepted)
	a.timer.fix(a.opt.AssociateTimeout)
	if full {
		a.timer.fix(refuseTimeout)
	}
	_, p, err := a.nextPDU()
	if err != nil {
		return a.failed(err)
	}
	rq, ok := p.(*AssociateRQ)
	if !ok {
		return a.failed(violation(AbortUnexpectedPDU, "%w", ErrUnexpectedPDU))
	}
	a.rq = rq
	d := Decision{Reject: &AssociateRJ{RejectTransient, RejectByPresentation, ReasonLocalLimitExceeded}}
	if !full {
		d = s.decide(a)
	}
	if d.Reject != nil {
		return s.reject(a, d.Reject)
	}
	a.ac = s.acceptance(rq, d)
	a.setContexts(rq, a.ac)
	a.setPeerLimit(rq.User.MaxPDU)
	a.step(evAnswerAccept)
	if err := a.writePDU(a.ac); err != nil {
		return err
	}
	a.timer.free()
	return nil
}

// decide asks Refuse, then the policy.
func (s *Server) decide(a *Association) Decision {
	if s.Refuse != nil {
		if rj := s.Refuse(a); rj != nil {
			return Decision{Reject: rj}
		}
	}
	return s.Policy.Negotiate(a.rq, a.RemoteAddr())
}

func (s *Server) reject(a *Association, rj *AssociateRJ) error {
	a.step(evAnswerReject)
	err := &RejectError{rj.Result, rj.Source, rj.Reason}
	if s.Rejected != nil {
		s.Rejected(a, err)
	}
	if err := a.writePDU(rj); err != nil {
		return err
	}
	return a.end(err)
}

// acceptance is the A-ASSOCIATE-AC; AE titles and application context are those
// of the request, titles that end at a NUL padded with blanks.
func (s *Server) acceptance(rq *AssociateRQ, d Decision) *AssociateAC {
	ac := &AssociateAC{
		ProtocolVersion: 1, Called: rq.Called.blankPadded(), Calling: rq.Calling.blankPadded(), ApplicationContext: rq.ApplicationContext,
		Contexts: d.Contexts,
		User: UserInformation{
			MaxPDU: s.Options.MaxPDU, ImplementationClassUID: s.ImplementationClassUID,
			ImplementationVersionName: s.ImplementationVersionName, Roles: d.Roles, Extended: d.Extended,
		},
	}
	if d.IdentityResponse != nil {
		ac.User.IdentityResponse = &IdentityResponse{Data: d.IdentityResponse}
	}
	return ac
}

// handle runs the handler for one message.
func (s *Server) handle(ctx context.Context, a *Association, m *Message) error {
	ctx, end := budget.Work(ctx, "message")
	defer end()
	if m.Data != nil {
		m.Data.parse = budget.From(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	a.mu.Lock()
	a.op, a.opCtx = cancel, ctx
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.op, a.opCtx, a.handling = nil, nil, false
		a.mu.Unlock()
		cancel(context.Canceled)
		a.done(m)
	}()
	switch m.Command.Field {
	case CFindRQ, CMoveRQ, CGetRQ:
		a.Watch()
	}
	err := s.serveOrRefuse(ctx, a, m)
	if err == nil || a.Err() != nil {
		return a.Err()
	}
	if answered, err := a.replyError(m, err); answered {
		return err
	}
	return err
}

// serveOrRefuse hands m to the handler, unless its data set was too large to be
// kept.
func (s *Server) serveOrRefuse(ctx context.Context, a *Association, m *Message) error {
	if m.Data == nil || m.Data.err == nil || m.Command.Field.IsResponse() {
		return s.Handler.ServeDIMSE(ctx, a, m)
	}
	if s.TooLarge != nil {
		s.TooLarge(a, m, m.Data.err)
	}
	return &StatusError{Status: OutOfResources, Comment: "data set is too large"}
}

// finish ends the association in the way err demands and tells why it ended,
// nil for a release.
func (a *Association) finish(err error) error {
	switch {
	case err == ErrReleased:
		a.end(err)
		a.step(evAnswerRelease)
		a.writePDU(&ReleaseRP{})
		return nil
	case errors.Is(err, ErrRelease):
		if _, err := a.step(evReleaseRequest); err != nil {
			return err
		}
		if err := a.writePDU(&ReleaseRQ{}); err != nil {
			return err
		}
		return a.awaitRelease()
	case errors.Is(err, ErrClose):
		a.step(evClosed)
		return a.end(ErrClose)
	case a.Err() != nil:
		return a.Err()
	}
	return a.abort(Abort{Source: AbortByUser, Reason: 1}, evAbortRequest, err)
}

// drain ends an idle association; a busy one ends after its message.
func (a *Association) drain() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.draining = true
	if !a.handling && !a.inMessage.Load() {
		a.timer.stop(ErrShutdown)
	}
}

func (a *Association) mustDrain() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.draining
}
