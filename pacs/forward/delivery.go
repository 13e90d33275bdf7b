package forward

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/pacs/loopguard"
	"conquest/pacs/peers"
	"conquest/queue"
	"conquest/rules"
	"conquest/scripting"
)

// Deliver sends one object now. Work of a queue learns what came of it, and is
// held, or becomes a dead letter, by that.
func (f *Forwarder) Deliver(ctx context.Context, cfg *dicomini.Config, fw *scripting.Forward) error {
	err := f.deliver(ctx, cfg, fw)
	f.noteDelivery(ctx, fw, err)
	return err
}

func (f *Forwarder) deliver(ctx context.Context, cfg *dicomini.Config, fw *scripting.Forward) error {
	d := queue.FromContext(ctx)
	fw.Target = d.Target(fw.Target)
	if err := f.loops(cfg, fw); err != nil {
		d.Refused(fw.Target, err.Error(), false)
		return &scripting.ForwardError{Failure: scripting.NotSent, Err: err}
	}
	err := f.send(ctx, cfg, fw)
	if err == nil {
		d.Sent(partOf(fw))
		d.Reached(fw.Target)
		return nil
	}
	var fe *scripting.ForwardError
	if !errors.As(err, &fe) {
		return err
	}
	var web *peers.WebError
	if errors.As(err, &web) {
		tellQueue(d, cfg, fw, web)
		return err
	}
	var status *dimse.StatusError
	refused := errors.As(err, &status)
	switch {
	case fe.Failure == scripting.NotAccepted || errors.Is(err, errScriptClause):
		d.Refused(fw.Target, fe.Error(), false)
	case refused && Temporary(status.Status):
		fe.Retry = true
		d.Failed(fw.Target, fe.Error())
	case refused:
		d.Refused(fw.Target, fe.Error(), cfg.RetryForwardFailed)
	default:
		d.Failed(fw.Target, fe.Error())
	}
	return err
}

// tellQueue tells work of a queue what a DICOMweb server did with an object.
func tellQueue(d *queue.Delivery, cfg *dicomini.Config, fw *scripting.Forward, e *peers.WebError) {
	switch {
	case e.Gone():
		d.Failed(fw.Target, e.Error())
		d.Wait(e.RetryAfter)
	case e.Again():
		d.Refused(fw.Target, e.Error(), true)
	default:
		d.Refused(fw.Target, e.Error(), cfg.RetryForwardFailed)
	}
}

// errScriptClause is a forward whose script failed, where ScriptFailure says that
// counts: the object would go out as it is.
var errScriptClause = errors.New("the script of the forward failed")

func scriptClause(cfg *dicomini.Config, fw *scripting.Forward) error {
	if fw.Failure == "" || rules.OnFailure(cfg, !fw.Export, fw.Row) == rules.Keep {
		return nil
	}
	return &scripting.ForwardError{Failure: scripting.NotSent, Err: fmt.Errorf("%w: %s", errScriptClause, fw.Failure)}
}

// Temporary tells whether a destination that refused an object may take it later:
// it is out of resources (PS3.4 B.2.3).
func Temporary(s dimse.Status) bool { return s&0xff00 == dimse.OutOfResources }

// partOf names a forward among those of its line.
func partOf(fw *scripting.Forward) string {
	return strconv.Itoa(fw.Row) + "." + strconv.Itoa(fw.Channel) + ">" + fw.Target
}

// Held tells whether a forward of a queue has to wait, and whether it was sent by an
// earlier attempt.
func Held(ctx context.Context, fw *scripting.Forward) (held, sent bool) {
	d := queue.FromContext(ctx)
	target := d.Target(fw.Target)
	moved := *fw
	moved.Target = target
	if d.WasSent(partOf(&moved)) {
		return false, true
	}
	return d.Held(target), false
}

// loops refuses an object that goes round.
func (f *Forwarder) loops(cfg *dicomini.Config, fw *scripting.Forward) error {
	limit := cfg.Number("LoopGuard")
	if limit <= 0 || fw.Object == nil {
		return nil
	}
	rule, _, _ := strings.Cut(fw.Name(), ".")
	trip := loopguard.Trip{SOP: fw.Object.String(dicom.SOPInstanceUID), Content: loopguard.Content(fw.Object), Rule: rule, To: fw.Target}
	if fw.Run != nil {
		trip.Peer = fw.Run.Calling
	}
	if f.guard.Admit(trip, limit, time.Now()) {
		return nil
	}
	err := fmt.Errorf("loop: sent %d times within a minute (LoopGuard)", limit)
	f.Console.Event("*** object goes round, it is not forwarded", "rule", rule, "to", fw.Target, "sop", trip.SOP, "from", trip.Peer)
	return err
}
