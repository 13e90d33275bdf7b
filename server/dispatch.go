package server

import (
	"context"

	"conquest/console"
	"conquest/dicom"
	"conquest/dimse"
)

// Private elements of commands and identifiers (docs/original/network.md 2.4, 5).
const (
	tagMaxVRSize       dicom.Tag = 0x99990100
	tagMaxRowsColumns  dicom.Tag = 0x99990200
	tagFrame           dicom.Tag = 0x99990201
	tagScrub           dicom.Tag = 0x99990202
	tagConsoleText     dicom.Tag = 0x99990300
	tagConsoleCommand  dicom.Tag = 0x99990400
	tagConsoleResponse dicom.Tag = 0x99990401
	tagConsoleData     dicom.Tag = 0x99990402
	tagScriptReply     dicom.Tag = 0x99990403
	tagDataOddLength   dicom.Tag = 0x99990404
	tagMaxSlices       dicom.Tag = 0x99990500
	tagMaxNKI          dicom.Tag = 0x99990600
	tagRecompression   dicom.Tag = 0x99990700
	tagVirtualMask     dicom.Tag = 0x99990802
	tagScript          dicom.Tag = 0x99990900
	tagMoveOriginator  dicom.Tag = 0x99990a00
	tagSplit           dicom.Tag = 0x99990b00
)

// serve handles one request of an association.
func (s *Server) serve(ctx context.Context, a *dimse.Association, m *dimse.Message) error {
	ses := a.Value.(*session)
	command, err := m.Command.Set()
	if err != nil {
		return err
	}
	if s.con.DebugLevel() > 0 {
		sayCommandSet(s.con, command)
	}
	if m.Command.Field == dimse.CEchoRQ && len(command.Value(tagConsoleCommand)) > 0 {
		ses.silent = !ses.announced
		return ses.serveCommand(ctx, m, command)
	}
	ses.silent = false
	ses.message(m)
	if err := ses.runHook("command", command); err != nil {
		return err
	}
	if text := command.String(tagConsoleText); text != "" {
		s.con.Operator("%s", console.Printable(text))
	}
	if may, err := ses.mayRequest(m); !may {
		return err
	}
	switch m.Command.Field {
	case dimse.CStoreRQ:
		return ses.serveStore(ctx, m, command)
	case dimse.CEchoRQ:
		s.counters.echo.Add(1)
		s.con.Operator("C-Echo")
		return a.ReplyStatus(m, dimse.Success, "")
	case dimse.CFindRQ:
		if model, ok := findModels[m.Command.AffectedSOPClassUID]; ok {
			s.counters.find.Add(1)
			return ses.serveFind(ctx, m, command, model)
		}
	case dimse.CMoveRQ:
		if model, ok := moveModels[m.Command.AffectedSOPClassUID]; ok {
			s.counters.move.Add(1)
			return ses.serveMove(ctx, m, command, model)
		}
	case dimse.CGetRQ:
		if model, ok := getModels[m.Command.AffectedSOPClassUID]; ok {
			s.counters.get.Add(1)
			return ses.serveGet(ctx, m, command, model)
		}
	case dimse.CCancelRQ:
		s.con.Operator("Cancel request")
		return nil
	default:
		if served, err := ses.servePrint(ctx, m, command); served {
			return err
		}
		if served, err := s.net.commitment.Serve(ctx, a, m); served {
			return err
		}
	}
	return ses.unknownCommand(m)
}

// unknownCommand ends an association as the original does: the server asks for
// its release.
func (ses *session) unknownCommand(m *dimse.Message) error {
	ses.clientError(m)
	return dimse.ErrRelease
}

// clientError notes a request that could not be handled.
func (ses *session) clientError(m *dimse.Message) {
	ses.s.counters.unknown.Add(1)
	ses.s.con.Operator("\n***Client Error: command %04x failed **", uint16(m.Command.Field))
	ses.s.con.Operator("***Connection Terminated")
	ses.runHook("clienterror", nil)
}

// number reads a private number, US or UL by its length; ok is false when the
// element is absent or empty.
func number(d *dicom.Dataset, t dicom.Tag) (int, bool) {
	if d == nil {
		return 0, false
	}
	return d.Int(t)
}
