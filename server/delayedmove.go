package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/pacs/delayed"
	"conquest/queue"
	"conquest/scripting"
)

// moveOrder is a C-MOVE that the server asks of a peer or of itself.
type moveOrder struct {
	host, port string
	called     string
	dest       string
	keys       *dicom.Dataset
	messageID  uint16
	root       string // SOP class
	extra      *dicom.Dataset
	counted    bool // the progress channel follows it
}

// Message IDs of the moves that this server asks for (docs/original/network.md 4.5).
const messageIDForward = 5

// delayedForward asks this server itself to move the objects, so that retrieve
// converters apply as for any other move.
func (s *Server) delayedForward(ctx context.Context, d scripting.Delayed) queue.Outcome {
	cfg := s.live.Current()
	keys, root := delayed.Identifier(d)
	extra := dicom.NewDataset(3)
	for _, k := range []struct {
		tag   dicom.Tag
		value string
	}{{tagRecompression, d.Compression}, {tagScript, d.Script}, {tagSplit, d.Split}} {
		if k.value != "" {
			extra.Put(dicom.NewText(k.tag, dicom.LO, k.value))
		}
	}
	if _, ok := s.aes.Lookup(d.AE); !ok {
		s.con.Operator("***preretrieve: AE not found: %s", d.AE)
		queue.FromContext(ctx).Refused(d.AE, "AE is not in acrnema.map", false)
		return queue.Refused
	}
	return s.move(ctx, cfg, d, moveOrder{
		host: "127.0.0.1", port: strconv.Itoa(cfg.Port()), called: cfg.MyACRNema, dest: d.AE,
		keys: keys, messageID: messageIDForward, root: root, extra: extra,
	})
}

// delayedGet asks a peer to move the objects here; they enter without
// converters.
func (s *Server) delayedGet(ctx context.Context, d scripting.Delayed) queue.Outcome {
	cfg := s.live.Current()
	peer, ok := s.aes.Lookup(d.AE)
	if !ok {
		s.con.Operator("***preretrieve: AE not found: %s", d.AE)
		queue.FromContext(ctx).Refused(d.AE, "AE is not in acrnema.map", false)
		return queue.Refused
	}
	keys, root := delayed.Identifier(d)
	return s.move(ctx, cfg, d, moveOrder{
		host: peer.Host, port: peer.Port, called: d.AE, dest: cfg.MyACRNema,
		keys: keys, messageID: originatorNoConverters, root: root,
	})
}

// move carries out the order and decides whether it is to be tried again. A warning
// is no failure: the destination has the object. Of a move that failed in part only
// the objects that failed are left to be done.
func (s *Server) move(ctx context.Context, cfg *dicomini.Config, d scripting.Delayed, o moveOrder) queue.Outcome {
	work := queue.FromContext(ctx)
	response, err := s.askMove(ctx, cfg, o)
	if err == nil {
		s.counters.forwarded.Add(int64(completed(response)))
		return queue.Done
	}
	var status *dimse.StatusError
	if !errors.As(err, &status) {
		if o.messageID == messageIDForward {
			s.con.Operator("***forward xxxx to: local server not working")
		} else {
			s.con.Operator("***preretrieve: could not connect to AE: %s", d.AE)
		}
		s.con.Event("*** delayed command failed, kept for later", "command", d.Operation, "patient", d.PatientID, "ae", d.AE, "error", err)
		work.Failed(d.AE, err.Error())
		return queue.Retry
	}
	if status.Status.IsWarning() {
		s.counters.forwarded.Add(int64(completed(response)))
		failed := failedObjects(response)
		if response.Command.Progress != nil && response.Command.Progress.Failed == 0 && len(failed) == 0 {
			s.con.Event("delayed command done, the destination had remarks", "command", d.Operation, "patient", d.PatientID, "ae", d.AE, "status", status.Status)
			return queue.Done
		}
		if len(failed) > 0 {
			d.SOP = strings.Join(failed, `\`)
			work.Rest(d)
		}
	}
	s.con.Operator("***preretrieve/forward xxx to: remote DICOM error")
	s.con.Event("*** delayed command failed", "command", d.Operation, "patient", d.PatientID, "ae", d.AE, "status", status.Status, "error", err)
	if o.destinationLost(status.Status) || o.messageID == messageIDForward && status.Comment == commentNoRoom {
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
	list := d.Strings(failedSOPInstanceUIDList)
	if len(list) > maxFailedObjects {
		return nil
	}
	return slices.DeleteFunc(list, func(uid string) bool { return uid == "" })
}

// destinationLost tells whether the destination could not be reached, or, by this
// server itself, was lost: nobody else cancels a delayed forward.
func (o moveOrder) destinationLost(s dimse.Status) bool {
	return s == statusNoAssociation || s == dimse.StatusCancel && o.messageID == messageIDForward
}

func completed(r *dimse.Response) uint16 {
	if r == nil || r.Command.Progress == nil {
		return 0
	}
	return r.Command.Progress.Completed
}

// askMove sends a C-MOVE and awaits its end. A failure or a warning status is a
// *[dimse.StatusError].
func (s *Server) askMove(ctx context.Context, cfg *dicomini.Config, o moveOrder) (*dimse.Response, error) {
	classes := []string{dimse.PatientRootMove, dimse.StudyRootMove} // whichever it is
	dest := fmt.Sprintf("%-16s", o.dest)
	a, err := s.dial(ctx, cfg, destination{
		host: o.host, port: o.port, calling: cfg.MyACRNema, called: o.called, compression: "un",
	}, classes)
	if err != nil {
		return nil, fmt.Errorf("C-MOVE from %s: %w", o.called, err)
	}
	defer s.hangUp(a, cfg)
	var job *job
	if o.counted {
		job = s.startJob(ctx, "dicommove")
		defer job.end()
	}
	response, err := a.Move(ctx, dimse.Query{
		SOPClassUID: o.root, Identifier: o.keys, Destination: dest, MessageID: o.messageID, Extra: o.extra,
	}, func(c *dimse.Command) {
		if p := c.Progress; p != nil {
			job.at(int(p.Completed), int(p.Completed)+int(p.Remaining))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("C-MOVE from %s: %w", o.called, err)
	}
	if response.Command.Status.IsWarning() {
		return response, &dimse.StatusError{Status: response.Command.Status, Comment: response.Command.ErrorComment}
	}
	return response, nil
}
