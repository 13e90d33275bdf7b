package retrieve

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"conquest/budget"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/forward"
	"conquest/pacs/peers"
)

// Send sends all objects in order and tells the progress after each; an error of
// tell ends it.
func (r *Retrieval) Send(ctx context.Context, tell func(Progress) error) (Result, error) {
	ahead, stop := r.readAhead(ctx)
	defer stop()
	if r.web != "" {
		return r.sendWeb(ctx, ahead, tell)
	}
	for o := range ahead {
		if ctx.Err() != nil {
			oplog.CancelReceived(r.s.Console)
			return r.result(true, false), nil
		}
		lost := r.deliver(ctx, o)
		o.close()
		if lost {
			oplog.ConnectionDropped(r.s.Console, r.Sent, r.Remaining())
			return r.result(false, true), nil
		}
		if err := tell(r.Progress); err != nil {
			return r.Result, err
		}
		if r.Failed > 0 && r.cfg.Int(r.cfg.Main(), "RetrieveStopOnError", 0) != 0 {
			return r.result(false, false), nil
		}
	}
	return r.result(ctx.Err() != nil, false), nil
}

// result counts what was not reached as failed, unless the requester cancelled.
func (r *Retrieval) result(cancelled, lost bool) Result {
	r.Cancelled, r.Lost = cancelled, lost
	if !cancelled {
		for _, ref := range r.refs[len(r.refs)-r.Remaining():] {
			r.fail(ref.SOPInstanceUID)
		}
	}
	return r.Result
}

func (r *Retrieval) fail(sop string) {
	r.Failed++
	r.FailedUIDs = append(r.FailedUIDs, sop)
}

// deliver sends an object and counts it. lost means that the destination is gone.
func (r *Retrieval) deliver(ctx context.Context, o *outgoing) (lost bool) {
	err := o.err
	oplog.Retrieving(r.s.Console, r.handler())
	var response *dimse.Response
	if err == nil {
		oplog.GivenOut(r.s.Console, o.number)
		response, err = r.sendTo(budget.With(ctx, o.memory), r.to, o)
	}
	switch {
	case err == nil && response != nil && response.Command.Status.IsWarning():
		r.Warned++
		r.s.Counters.Sent.Add(1)
		r.note(o, response.Command.Status.String(), nil)
	case err == nil:
		r.Sent++
		r.s.Counters.Sent.Add(1)
		r.note(o, "", nil)
	default:
		r.fail(o.ref.SOPInstanceUID)
		r.note(o, "", err)
		r.s.Console.Event("*** object not sent", "ae", r.q.Destination, "sop", o.ref.SOPInstanceUID, "error", err)
		var status *dimse.StatusError
		r.NoRoom = r.NoRoom || errors.As(err, &status) && forward.Temporary(status.Status)
		return errors.Is(err, errPeerGone) && !errors.As(err, &status)
	}
	return false
}

// errPeerGone marks a failure that ends the association to a peer.
var errPeerGone = errors.New("association is lost")

// anew opens another association to the destination of a C-MOVE, which offers the
// syntax of an object that could not be sent on the one there is; nil when that
// would not help.
func (r *Retrieval) anew(ctx context.Context, k peers.Kind) *dimse.Association {
	if r.dial == nil || slices.Contains(r.kinds, k) || !peers.Lacks(r.to, k) {
		return nil
	}
	r.kinds = append(r.kinds, k)
	a, err := r.dial(ctx)
	if err != nil {
		r.s.Console.Event("no further association", "to", r.q.Destination, "error", err)
		return nil
	}
	if err := r.s.peers.HangUp(r.to, r.cfg); err != nil {
		oplog.NotReleased(r.s.Console, r.q.Destination, err)
	}
	r.to = a
	return a
}

// sendTo sends one prepared object as sub-operation.
func (r *Retrieval) sendTo(ctx context.Context, a *dimse.Association, o *outgoing) (*dimse.Response, error) {
	class := o.ds.String(dicom.SOPClassUID)
	if class == "" {
		class = o.ref.SOPClassUID
	}
	pc, err := r.s.peers.Fit(ctx, a, class, o.ds, r.wishes.Recompress)
	if err != nil && errors.Is(err, dimse.ErrNoContext) {
		if again := r.anew(ctx, peers.Kind{Class: class, Syntax: o.ds.TransferSyntax().UID}); again != nil {
			a = again
			pc, err = r.s.peers.Fit(ctx, a, class, o.ds, r.wishes.Recompress)
		}
	}
	if err != nil {
		oplog.NotAcceptingImage(r.s.Console, r.host())
	}
	oplog.SendingFile(r.s.Console, o.path)
	if err != nil {
		return nil, err
	}
	oplog.ReadAhead(r.s.Console)
	response, err := a.Store(ctx, dimse.StoreRequest{
		SOPClassUID: class, SOPInstanceUID: o.ds.String(dicom.SOPInstanceUID),
		Data: dimse.NewData(o.ds), Context: pc,
		MoveOriginator: r.caller.Calling(), MoveOriginatorMessageID: r.q.MessageID,
	})
	if err != nil && a.Err() != nil {
		err = fmt.Errorf("%w: %w", errPeerGone, err)
	}
	return response, err
}
