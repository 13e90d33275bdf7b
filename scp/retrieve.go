package scp

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/peers"
	"conquest/pacs/retrieve"
	"conquest/pacs/site"
)

// moveModels and getModels name the models of C-MOVE and C-GET as the log does.
var (
	moveModels = map[string]string{
		dimse.PatientRootMove: "PatientRoot", dimse.PatientRootMoveNKI: "PatientRootNKI",
		dimse.StudyRootMove: "StudyRoot", dimse.StudyRootMoveNKI: "StudyRootNKI",
		dimse.PatientStudyOnlyMove: "PatientStudyOnly", dimse.PatientStudyOnlyMoveNKI: "PatientStudyOnlyNKI",
	}
	getModels = map[string]string{
		dimse.PatientRootGet: "PatientRoot", dimse.StudyRootGet: "StudyRoot", dimse.PatientStudyOnlyGet: "PatientStudyOnly",
	}
)

// Statuses of retrievals (docs/original/network.md 2.4).
const (
	statusNoDestination      dimse.Status = 0xc001
	statusEmptyDestination   dimse.Status = 0xc002
	statusUnknownDestination dimse.Status = 0xc003
	statusNothingFound       dimse.Status = 0xc004
	statusNoAssociation      dimse.Status = 0xc005
	statusRetrieveRefused    dimse.Status = 0xc013
)

// refuseRetrieval answers a retrieval that sends nothing: all counters are zero.
func (ses *session) refuseRetrieval(m *dimse.Message, status dimse.Status, comment string) error {
	return ses.a.Reply(m, dimse.Command{Status: status, ErrorComment: comment, Progress: &dimse.Progress{}}, nil)
}

// maxSaidDestination is how much of a destination as sent, blanks included, the
// original's messages have.
const maxSaidDestination = 15

// serveMove handles a C-MOVE request.
func (ses *session) serveMove(ctx context.Context, m *dimse.Message, command *dicom.Dataset, name string) error {
	s := ses.s
	defer func() {
		s.Console.User("C-Move ", ses.a.Calling())
		oplog.Move(s.Console, name)
	}()
	destElement := command.Get(dimse.TagMoveDestination)
	if destElement == nil {
		oplog.MoveWithoutDestination(s.Console)
		return ses.refuseRetrieval(m, statusNoDestination, "no move destination")
	}
	shown, _, _ := bytes.Cut(destElement.Value, []byte{0})
	oplog.MoveDestination(s.Console, shown)
	said := strings.TrimRight(string(destElement.Value[:min(len(destElement.Value), maxSaidDestination)]), "\x00")
	if destElement.String() == "" {
		oplog.MoveDestinationEmpty(s.Console)
		return ses.refuseRetrieval(m, statusEmptyDestination, "empty move destination")
	}
	return ses.retrieve(ctx, m, command, retrieve.Request{Model: name, Destination: destElement.String(), Said: said})
}

// serveGet handles a C-GET request: objects go back on the same association.
func (ses *session) serveGet(ctx context.Context, m *dimse.Message, command *dicom.Dataset, name string) error {
	s := ses.s
	defer func() {
		s.Console.User("C-Get ", ses.a.Calling())
		oplog.Get(s.Console, name)
	}()
	return ses.retrieve(ctx, m, command, retrieve.Request{Model: name, Destination: ses.a.Calling(), To: ses.a})
}

// retrieve carries out a retrieval and answers it.
func (ses *session) retrieve(ctx context.Context, m *dimse.Message, command *dicom.Dataset, q retrieve.Request) error {
	if m.Data == nil {
		return ses.unknownCommand(m)
	}
	identifier, err := m.Data.Dataset(dicom.ParseOptions{})
	if err != nil {
		return ses.refuseIdentifier(m, err)
	}
	q.Identifier, q.Command, q.MessageID = identifier, command, m.Command.MessageID
	q.Wishes = func() retrieve.Wishes { return wishesOf(command, identifier) }
	r, err := ses.s.Retrieve.Retrieve(ctx, ses, q)
	if err != nil {
		status, comment := refusalOf(err)
		return ses.refuseRetrieval(m, status, comment)
	}
	defer r.Close(context.WithoutCancel(ctx))
	result, err := r.Send(ctx, func(p retrieve.Progress) error {
		return ses.a.Reply(m, dimse.Command{Status: dimse.Pending, Progress: overWire(p)}, nil)
	})
	if err != nil {
		return err
	}
	return ses.finishRetrieval(m, result)
}

// refusalOf is the status of a retrieval that sends nothing.
func refusalOf(err error) (status dimse.Status, text string) {
	var lost *retrieve.NoAssociationError
	switch {
	case errors.Is(err, retrieve.ErrUnknownDestination):
		return statusUnknownDestination, "destination is not in acrnema.map"
	case errors.Is(err, retrieve.ErrForbiddenHost):
		return dimse.MoveDestinationUnknown, err.Error()
	case errors.Is(err, retrieve.ErrNothingFound):
		return statusNothingFound, "nothing matches"
	case errors.As(err, &lost):
		return statusNoAssociation, comment(lost.Err)
	}
	return statusRetrieveRefused, ""
}

// overWire are the counters as they go over the wire, in 16 bits.
func overWire(p retrieve.Progress) *dimse.Progress {
	limit := func(n int) uint16 { return uint16(min(max(n, 0), 0xffff)) }
	return &dimse.Progress{
		Remaining: limit(p.Remaining()), Completed: limit(p.Sent), Failed: limit(p.Failed), Warning: limit(p.Warned),
	}
}

// finishRetrieval sends the last answer: success, a warning when some objects
// failed, a failure when all did, or cancel (PS3.4 C.4.2.1.5), which the original
// says also when the destination is gone.
func (ses *session) finishRetrieval(m *dimse.Message, r retrieve.Result) error {
	c := dimse.Command{Status: dimse.Success, Progress: overWire(r.Progress)}
	switch {
	case r.Cancelled:
		c.Status = dimse.StatusCancel
	case r.Lost:
		c.Status, c.ErrorComment = dimse.StatusCancel, "association to the destination was lost"
	case r.Failed > 0 && r.Sent+r.Warned == 0:
		c.Status = dimse.OutOfResourcesSubOperations
	case r.Failed > 0 || r.Warned > 0:
		c.Status = dimse.WarningSubOperationsFailed
	}
	if c.ErrorComment == "" && !r.NoRoom && r.Reason != nil {
		c.ErrorComment = comment(r.Reason)
	}
	if r.NoRoom && c.ErrorComment == "" {
		c.ErrorComment = retrieve.NoRoom
	}
	if len(r.FailedUIDs) == 0 {
		return ses.a.Reply(m, c, nil)
	}
	list := dicom.NewDataset(1)
	list.Put(dicom.NewText(peers.FailedSOPInstanceUIDList, dicom.UI, strings.Join(r.FailedUIDs, `\`)))
	return ses.a.Reply(m, c, dimse.NewData(list))
}

func wishesOf(command, identifier *dicom.Dataset) retrieve.Wishes {
	var w retrieve.Wishes
	num := func(t dicom.Tag) (int, bool) {
		if n, ok := site.Number(command, t); ok {
			return n, true
		}
		return site.Number(identifier, t)
	}
	text := func(t dicom.Tag) string {
		if v := command.String(t); v != "" {
			return v
		}
		return identifier.String(t)
	}
	w.MaxVR, _ = site.Number(command, site.TagMaxVRSize)
	w.MaxRows, _ = num(site.TagMaxRowsColumns)
	w.Frame, w.HasFrame = num(site.TagFrame)
	w.MaxSlices, w.HasMaxSlices = num(site.TagMaxSlices)
	w.Scrub, w.Recompress = text(site.TagScrub), text(site.TagRecompression)
	if highest, ok := site.Number(command, site.TagMaxNKI); ok {
		w.Recompress = peers.LimitNKI(w.Recompress, highest)
	}
	w.Script, w.Split = text(site.TagScript), text(site.TagSplit)
	w.Originator = command.String(site.TagMoveOriginator)
	return w
}
