package scp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"conquest/access"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
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
		s.Console.Operator("***%v", err)
		ses.clientError(m)
		return fmt.Errorf("read data set of C-STORE %s: %w", m.Command.AffectedSOPInstanceUID, err)
	}
	ds.SetTransferSyntax(m.Context.TransferSyntax.UID)
	s.Counters.Received.Add(1)
	in := &store.Incoming{
		Object: ds, Command: command, Origin: store.Received,
		Caller:      ses,
		Convert:     !s.fetchedForItself(cfg, m.Command),
		Compression: cfg.IncomingCompression,
		Spooled:     m.Data.File(),
	}
	if s.Draining.Load() && in.Convert {
		return ses.a.ReplyStatus(m, dimse.OutOfResources, comment(errDraining))
	}
	if _, suffix, found := strings.Cut(ses.a.Called(), "~"); found {
		in.Compression = suffix
	}
	if m.Command.MoveOriginatorMessageID == peers.OriginatorWADO && m.Command.MoveOriginator == cfg.MyACRNema {
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
	ses.letGo(m.Data, in)
	return err
}

// comment is the reason of a refusal as error comment of a response.
func comment(err error) string { return access.Comment(err) }

// letGo frees what was received of an object that is stored. Only scripts may
// hold objects longer: then memory is left to the garbage collector, and a file
// stays open, without its name, until nobody has it any more.
func (ses *session) letGo(d *dimse.Data, in *store.Incoming) {
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

func (s *SCP) fetchedForItself(cfg *dicomini.Config, c *dimse.Command) bool {
	return c.MoveOriginatorMessageID == peers.OriginatorNoConverters && c.MoveOriginator == cfg.MyACRNema
}

// errDraining refuses objects while the server empties its queues.
var errDraining = errors.New("the server is being drained and takes no new objects")
