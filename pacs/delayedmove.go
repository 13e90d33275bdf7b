package pacs

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/delayed"
	"conquest/pacs/peers"
	"conquest/pacs/retrieve"
	"conquest/pacs/site"
	"conquest/queue"
	"conquest/scripting"
)

// Message IDs of the moves that this server asks for (docs/original/network.md 4.5).
const messageIDForward = 5

// delayedForward asks this server itself to move the objects, so that retrieve
// converters apply as for any other move.
func (s *PACS) delayedForward(ctx context.Context, d scripting.Delayed) queue.Outcome {
	cfg := s.Live.Current()
	keys, root := delayed.Identifier(d)
	extra := dicom.NewDataset(3)
	for _, k := range []struct {
		tag   dicom.Tag
		value string
	}{{site.TagRecompression, d.Compression}, {site.TagScript, d.Script}, {site.TagSplit, d.Split}} {
		if k.value != "" {
			extra.Put(dicom.NewText(k.tag, dicom.LO, k.value))
		}
	}
	_, known := s.AEs.Lookup(d.AE)
	if _, web := s.Peers.WebServer(d.AE); !known && !web {
		oplog.PreretrieveUnknown(s.Console, d.AE)
		queue.FromContext(ctx).Refused(d.AE, "AE is not in acrnema.map", false)
		return queue.Refused
	}
	return s.move(ctx, cfg, d, peers.MoveOrder{
		Host: "127.0.0.1", Port: strconv.Itoa(cfg.Port()), Called: cfg.MyACRNema, Destination: d.AE,
		Keys: keys, MessageID: messageIDForward, Root: root, Extra: extra,
	})
}

// delayedGet asks a peer to move the objects here; they enter without
// converters.
func (s *PACS) delayedGet(ctx context.Context, d scripting.Delayed) queue.Outcome {
	cfg := s.Live.Current()
	peer, ok := s.AEs.Lookup(d.AE)
	if !ok {
		oplog.PreretrieveUnknown(s.Console, d.AE)
		queue.FromContext(ctx).Refused(d.AE, "AE is not in acrnema.map", false)
		return queue.Refused
	}
	keys, root := delayed.Identifier(d)
	return s.move(ctx, cfg, d, peers.MoveOrder{
		Host: peer.Host, Port: peer.Port, Called: d.AE, Destination: cfg.MyACRNema,
		Keys: keys, MessageID: peers.OriginatorNoConverters, Root: root,
	})
}

// move carries out the order and decides whether it is to be tried again. A warning
// is no failure: the destination has the object. Of a move that failed in part only
// the objects that failed are left to be done.
func (s *PACS) move(ctx context.Context, cfg *dicomini.Config, d scripting.Delayed, o peers.MoveOrder) queue.Outcome {
	work := queue.FromContext(ctx)
	response, err := s.Peers.Move(ctx, cfg, o)
	s.noteOrder(d, o, err)
	if err == nil {
		s.Counters.Forwarded.Add(int64(peers.Completed(response)))
		return queue.Done
	}
	var status *dimse.StatusError
	if !errors.As(err, &status) {
		if o.MessageID == messageIDForward {
			oplog.ForwardNotServed(s.Console)
		} else {
			oplog.PreretrieveNoConnection(s.Console, d.AE)
		}
		s.Console.Event("*** delayed command failed, kept for later", "command", d.Operation, "patient", d.PatientID, "ae", d.AE, "error", err)
		work.Failed(d.AE, err.Error())
		return queue.Retry
	}
	if status.Status.IsWarning() {
		s.Counters.Forwarded.Add(int64(peers.Completed(response)))
		failed := failedObjects(response)
		if response.Command.Progress != nil && response.Command.Progress.Failed == 0 && len(failed) == 0 {
			s.Console.Event("delayed command done, the destination had remarks", "command", d.Operation, "patient", d.PatientID, "ae", d.AE, "status", status.Status)
			return queue.Done
		}
		if len(failed) > 0 {
			d.SOP = strings.Join(failed, `\`)
			work.Rest(d)
		}
	}
	oplog.PreretrieveRefused(s.Console)
	s.Console.Event("*** delayed command failed", "command", d.Operation, "patient", d.PatientID, "ae", d.AE, "status", status.Status, "error", err)
	if destinationLost(o, status.Status) || o.MessageID == messageIDForward && status.Comment == retrieve.NoRoom {
		work.Failed(d.AE, err.Error())
		return queue.Retry
	}
	work.Refused(d.AE, err.Error(), cfg.RetryForwardRemoteDICOMError)
	if cfg.RetryForwardRemoteDICOMError {
		return queue.Retry
	}
	return queue.Refused
}

// maxFailedObjects bounds the objects of a move that are asked for again by name;
// with more of them all are.
const maxFailedObjects = 5000

// failedObjects are the SOP instances that the last answer of a move names as
// failed, none when it names too many.
func failedObjects(r *dimse.Response) []string {
	if r == nil || r.Data == nil {
		return nil
	}
	d, err := r.Data.Dataset(dicom.ParseOptions{})
	if err != nil {
		return nil
	}
	list := d.Strings(peers.FailedSOPInstanceUIDList)
	if len(list) > maxFailedObjects {
		return nil
	}
	return slices.DeleteFunc(list, func(uid string) bool { return uid == "" })
}

// destinationLost tells whether the destination could not be reached, or, by this
// server itself, was lost: nobody else cancels a delayed forward.
func destinationLost(o peers.MoveOrder, s dimse.Status) bool {
	return s == noAssociation || s == dimse.StatusCancel && o.MessageID == messageIDForward
}

// noAssociation is the status of a C-MOVE whose destination can not be reached
// (docs/original/network.md 2.4).
const noAssociation dimse.Status = 0xc005
