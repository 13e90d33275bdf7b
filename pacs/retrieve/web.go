package retrieve

import (
	"context"
	"errors"

	"conquest/dicom"
	"conquest/oplog"
	"conquest/pacs/peers"
)

// sendWeb is Send to a DICOMweb server: several objects in one request.
func (r *Retrieval) sendWeb(ctx context.Context, ahead <-chan *outgoing, tell func(Progress) error) (Result, error) {
	entry, _ := r.s.Webs.Lookup(r.web)
	for {
		batch := collect(ahead, max(entry.Batch, 1))
		if len(batch) == 0 {
			return r.result(ctx.Err() != nil, false), nil
		}
		if ctx.Err() != nil {
			closeAll(batch)
			oplog.CancelReceived(r.s.Console)
			return r.result(true, false), nil
		}
		gone := r.deliverWeb(ctx, batch)
		closeAll(batch)
		if gone {
			oplog.WebDropped(r.s.Console, r.Sent, r.Remaining())
			return r.result(false, true), nil
		}
		if err := tell(r.Progress); err != nil {
			return r.Result, err
		}
	}
}

// collect takes up to n prepared objects.
func collect(ahead <-chan *outgoing, n int) (batch []*outgoing) {
	for o := range ahead {
		if batch = append(batch, o); len(batch) == n {
			break
		}
	}
	return batch
}

func closeAll(batch []*outgoing) {
	for _, o := range batch {
		o.close()
	}
}

// deliverWeb sends some objects and counts them. gone means that the server takes
// nothing now.
func (r *Retrieval) deliverWeb(ctx context.Context, batch []*outgoing) (gone bool) {
	var objects []*dicom.Dataset
	var sent []*outgoing
	for _, o := range batch {
		if o.err != nil {
			r.notSent(o, o.err)
			continue
		}
		oplog.SendingFile(r.s.Console, o.path)
		objects, sent = append(objects, o.ds), append(sent, o)
	}
	for i, err := range r.s.peers.StoreWeb(ctx, r.web, r.wishes.Recompress, objects) {
		if err == nil {
			r.Sent++
			r.s.Counters.Sent.Add(1)
			continue
		}
		r.notSent(sent[i], err)
		var web *peers.WebError
		if errors.As(err, &web) {
			gone = gone || web.Gone()
			r.NoRoom = r.NoRoom || web.Again()
			r.Reason = web
		}
	}
	return gone
}

func (r *Retrieval) notSent(o *outgoing, err error) {
	r.fail(o.ref.SOPInstanceUID)
	r.s.Console.Event("*** object not sent", "ae", r.q.Destination, "sop", o.ref.SOPInstanceUID, "error", err)
}
