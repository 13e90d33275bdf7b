package scp

import (
	"context"
	"time"

	"conquest/console"
	"conquest/dimse"
	"conquest/metrics"
	"conquest/oplog"
	"conquest/pacs/site"
)

// serve handles one request of an association.
func (s *SCP) serve(ctx context.Context, a *dimse.Association, m *dimse.Message) error {
	ses := a.Value.(*session)
	command, err := m.Command.Set()
	if err != nil {
		return err
	}
	if s.Console.DebugLevel() > 0 {
		sayCommandSet(s.Console, command)
	}
	if m.Command.Field == dimse.CEchoRQ && len(command.Value(site.TagConsoleCommand)) > 0 {
		ses.silent = !ses.announced
		return ses.serveCommand(ctx, m, command)
	}
	ses.silent = false
	if s.Meter != nil {
		defer ses.metered(m, m.Data.Size(), time.Now())
	}
	ses.message(m)
	if err := ses.runHook("command", command); err != nil {
		return err
	}
	if text := command.String(site.TagConsoleText); text != "" {
		oplog.Line(s.Console, console.Printable(text))
	}
	if may, err := ses.mayRequest(m); !may {
		return err
	}
	switch m.Command.Field {
	case dimse.CStoreRQ:
		return ses.serveStore(ctx, m, command)
	case dimse.CEchoRQ:
		s.Counters.Echo.Add(1)
		oplog.Echo(s.Console)
		return a.ReplyStatus(m, dimse.Success, "")
	case dimse.CFindRQ:
		if model, ok := findModels[m.Command.AffectedSOPClassUID]; ok {
			s.Counters.Find.Add(1)
			return ses.serveFind(ctx, m, command, model)
		}
	case dimse.CMoveRQ:
		if model, ok := moveModels[m.Command.AffectedSOPClassUID]; ok {
			s.Counters.Move.Add(1)
			return ses.serveMove(ctx, m, command, model)
		}
	case dimse.CGetRQ:
		if model, ok := getModels[m.Command.AffectedSOPClassUID]; ok {
			s.Counters.Get.Add(1)
			return ses.serveGet(ctx, m, command, model)
		}
	case dimse.CCancelRQ:
		oplog.CancelRequest(s.Console)
		return nil
	default:
		if served, err := ses.servePrint(ctx, m, command); served {
			return err
		}
		if served, err := s.Commitment.Serve(ctx, a, m); served {
			return err
		}
	}
	return ses.unknownCommand(m)
}

// metered counts a request that was answered. received is the size of its data set.
func (ses *session) metered(m *dimse.Message, received int64, begun time.Time) {
	if m.Command.Field == dimse.CCancelRQ {
		return
	}
	o := metrics.Operation{Service: site.ServiceLabel(m.Command.Field), Peer: ses.peer, Status: site.StatusLabel(ses.a.Answered()), Took: time.Since(begun), Received: received}
	ses.s.Meter.Operation(o)
}

// unknownCommand ends an association as the original does: the server asks for
// its release.
func (ses *session) unknownCommand(m *dimse.Message) error {
	ses.clientError(m)
	return dimse.ErrRelease
}

// clientError notes a request that could not be handled.
func (ses *session) clientError(m *dimse.Message) {
	ses.s.Counters.Unknown.Add(1)
	oplog.ClientError(ses.s.Console, uint16(m.Command.Field))
	oplog.ConnectionTerminated(ses.s.Console)
	ses.runHook("clienterror", nil)
}
