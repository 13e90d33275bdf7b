package scp

import (
	"bytes"
	"context"
	"strings"

	"conquest/access"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/site"
)

// serveCommand handles a C-ECHO that carries a server command.
func (ses *session) serveCommand(ctx context.Context, m *dimse.Message, command *dicom.Dataset) error {
	s := ses.s
	if err := ses.runHook("command", command); err != nil {
		return err
	}
	if text := command.String(site.TagConsoleText); text != "" {
		oplog.Line(s.Console, text)
	}
	raw := command.Value(site.TagConsoleCommand)
	text := strings.TrimRight(strings.TrimSuffix(string(raw), " "), "\x00") // padded with one or the other
	if len(raw) > maxCommand {
		return ses.a.ReplyStatus(m, dimse.ProcessingFailure, "command is too long")
	}
	s.Counters.Commands.Add(1)
	var upload []byte
	if v := command.Get(site.TagConsoleData); v != nil {
		upload = bytes.Clone(v.Value)
		if odd, _ := site.Number(command, site.TagDataOddLength); odd == 1 && len(upload) > 0 {
			upload = upload[:len(upload)-1]
		}
	}
	if !s.mayCommand(ses, text) {
		return ses.a.ReplyStatus(m, dimse.NotAuthorized, "commands from this host are not allowed")
	}
	answer, after, failure := s.runCommand(ctx, ses, text, upload, command)
	if after != nil {
		ses.a.Close()
		after()
		return dimse.ErrClose
	}
	extra := answerElements(answer)
	if extra == nil && command.Has(site.TagScriptReply) {
		extra = dicom.NewDataset(1)
		extra.Put(dicom.Element{Tag: site.TagConsoleResponse, VR: dicom.UN})
	}
	if failure != "" && len(answer) == 0 {
		if extra == nil {
			extra = dicom.NewDataset(1)
		}
		extra.SetString(site.TagConsoleFailure, failure)
	}
	return ses.a.Reply(m, dimse.Command{Status: dimse.Success, Extra: extra}, nil)
}

// mayCommand tells whether the host of an association may send this command:
// those of CommandIPs may, and anybody may ask for an echo of the version.
func (s *SCP) mayCommand(ses *session, text string) bool {
	name, _, _ := strings.Cut(text, ":")
	if access.MayAdminister(s.Live.Current(), ses.a.RemoteAddr()) {
		return ses.may(rightForCommand(text), name)
	}
	s.Console.Event("*** server command refused: add the host to CommandIPs in dicom.ini to allow it", "host", ses.Address(), "command", name)
	return false
}

// answerElements are the elements of a reply that carry the answer.
func answerElements(answer []byte) *dicom.Dataset {
	if len(answer) == 0 {
		return nil
	}
	extra := dicom.NewDataset(2)
	value := answer
	if len(answer)%2 == 1 {
		value = append(bytes.Clone(answer), 0)
		extra.SetUint16(site.TagDataOddLength, 1)
	}
	extra.Put(dicom.Element{Tag: site.TagConsoleResponse, VR: dicom.UN, Value: value})
	return extra
}

// maxCommand bounds the text of a command.
const maxCommand = 1 << 20
