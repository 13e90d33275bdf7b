package scp

import (
	"context"
	"errors"
	"os"
	"strings"

	"conquest/access"
	"conquest/budget"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/peers"
	"conquest/pacs/store"
)

// serveStore handles a C-STORE request.
func (ses *session) serveStore(ctx context.Context, m *dimse.Message, command *dicom.Dataset) error {
	s := ses.s
	cfg := s.Live.Current()
	failed := dimse.Status(cfg.StorageFailedErrorCode)
	if m.Data == nil {
		return ses.a.ReplyStatus(m, failed, "no data set")
	}
	ds, err := m.Data.Dataset(dicom.ParseOptions{BulkThreshold: store.SpoolBulk})
	if err != nil {
		return ses.refuseUnreadable(m, err)
	}
	ds.SetTransferSyntax(m.Context.TransferSyntax.UID)
	if ds.String(dicom.SOPClassUID) == "" && m.Command.AffectedSOPClassUID != "" {
		ds.SetString(dicom.SOPClassUID, m.Command.AffectedSOPClassUID)
	}
	s.Counters.Received.Add(1)
	in := &store.Incoming{
		Object: ds, Command: command, Origin: store.Received,
		Caller:      ses,
		Convert:     !ses.marked(cfg, m.Command, ds, peers.OriginatorNoConverters),
		Compression: cfg.IncomingCompression,
		Spooled:     m.Data.File(),
	}
	if s.Draining.Load() && in.Convert {
		return ses.a.ReplyStatus(m, dimse.OutOfResources, comment(errDraining))
	}
	if _, suffix, found := strings.Cut(ses.a.Called(), "~"); found {
		in.Compression = suffix
	}
	if ses.marked(cfg, m.Command, ds, peers.OriginatorWADO) {
		err = s.Store.KeepTemporary(cfg, ds)
	} else {
		_, err = s.Store.Accept(ctx, cfg, in)
	}
	s.Console.User("C-Store", ses.a.Calling())
	var unkept *store.UnkeptError
	if errors.As(err, &unkept) {
		return ses.a.ReplyStatus(m, dimse.OutOfResources, unkept.Comment())
	}
	if err != nil {
		return ses.a.ReplyStatus(m, failed, comment(err))
	}
	err = ses.a.ReplyStatus(m, dimse.Success, "")
	ses.freeReceived(m.Data, in)
	return err
}

// comment is the reason of a refusal as error comment of a response.
func comment(err error) string { return access.Comment(err) }

// freeReceived frees what was received of an object that is stored. Only scripts may
// hold objects longer: then memory is left to the garbage collector, and a file
// stays open, without its name, until nobody has it any more.
func (ses *session) freeReceived(d *dimse.Data, in *store.Incoming) {
	scripted := ses.lua.Started()
	f := d.File()
	switch {
	case f == nil:
		if !scripted {
			d.Recycle()
		}
	case in.Adopted:
		if d.TakeFile(); !scripted {
			f.Close()
		}
	case scripted && os.Remove(f.Name()) == nil:
		d.TakeFile()
	}
}

// marked tells whether an object has the mark of a retrieval that this server asked
// for itself; one that nobody asked for is told, and goes the way of others.
func (ses *session) marked(cfg *dicomini.Config, c *dimse.Command, ds *dicom.Dataset, mark uint16) bool {
	if c.MoveOriginatorMessageID != mark || c.MoveOriginator != cfg.MyACRNema {
		return false
	}
	if ses.s.Peers.Ordered(mark, ses.a, ds) {
		return true
	}
	ses.s.Console.Event("*** object names this server as move originator, which did not ask for it: treated as others", "calling", ses.a.Calling(), "host", ses.Address(), "sop", c.AffectedSOPInstanceUID)
	return false
}

// refuseUnreadable answers an object that can not be read; the association goes on
// with the next one.
func (ses *session) refuseUnreadable(m *dimse.Message, err error) error {
	oplog.Failure(ses.s.Console, err)
	ses.s.Counters.Unknown.Add(1)
	ses.s.Console.Event("*** object refused", "calling", ses.a.Calling(), "sop", m.Command.AffectedSOPInstanceUID, "error", err)
	return ses.a.ReplyStatus(m, unreadable(err), comment(err))
}

// refuseIdentifier answers a query or retrieval whose identifier can not be read;
// its PDUs were sound, so the association goes on.
func (ses *session) refuseIdentifier(m *dimse.Message, err error) error {
	oplog.Failure(ses.s.Console, err)
	ses.s.Counters.Unknown.Add(1)
	ses.s.Console.Event("*** identifier can not be read", "calling", ses.a.Calling(), "request", m.Command.Field.String(), "error", err)
	ses.runHook("clienterror", nil)
	return ses.a.ReplyStatus(m, unreadable(err), "identifier can not be read")
}

// unreadable is the status for a data set that can not be read.
func unreadable(err error) dimse.Status {
	if errors.Is(err, budget.ErrExceeded) || errors.Is(err, dicom.ErrInflate) || errors.Is(err, dicom.ErrTooMany) {
		return dimse.OutOfResources
	}
	return dimse.CannotUnderstand
}

// errDraining refuses objects while the server empties its queues.
var errDraining = errors.New("the server is being drained and takes no new objects")
