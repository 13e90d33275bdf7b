package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/access"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/rules"
)

// commandCall is one server command under way (docs/original/commands.md 2).
type commandCall struct {
	s       *Server
	caller  rules.Caller // nil when the command did not come by network
	name    string
	arg     string         // text behind the colon
	upload  []byte         // file sent along, nil when none
	command *dicom.Dataset // command set of the request
	after   func()         // to be done when the connection is closed
	release bool           // close the connection without an answer
}

// commandFunc carries out a command. The answer goes to the client as it is;
// nil is no answer.
type commandFunc func(ctx context.Context, c *commandCall) (answer []byte, err error)

// maxCommand bounds the text of a command.
const maxCommand = 1 << 20

// serveCommand handles a C-ECHO that carries a server command.
func (ses *session) serveCommand(ctx context.Context, m *dimse.Message, command *dicom.Dataset) error {
	s := ses.s
	if err := ses.runHook("command", command); err != nil {
		return err
	}
	if text := command.String(tagConsoleText); text != "" {
		s.con.Operator("%s", text)
	}
	raw := command.Value(tagConsoleCommand)
	text := strings.TrimRight(strings.TrimSuffix(string(raw), " "), "\x00") // padded with one or the other
	if len(raw) > maxCommand {
		return ses.a.ReplyStatus(m, dimse.ProcessingFailure, "command is too long")
	}
	s.counters.guiRequest.Add(1)
	call := &commandCall{s: s, caller: ses, command: command}
	if v := command.Get(tagConsoleData); v != nil {
		call.upload = bytes.Clone(v.Value)
		if odd, _ := number(command, tagDataOddLength); odd == 1 && len(call.upload) > 0 {
			call.upload = call.upload[:len(call.upload)-1]
		}
	}
	if !s.mayCommand(ses, text) {
		return ses.a.ReplyStatus(m, dimse.NotAuthorized, "commands from this host are not allowed")
	}
	answer := call.run(ctx, text)
	if call.release {
		ses.a.Close()
		if call.after != nil {
			call.after()
		}
		return dimse.ErrClose
	}
	extra := answerElements(answer)
	if extra == nil && command.Has(tagScriptReply) {
		extra = dicom.NewDataset(1)
		extra.Put(dicom.Element{Tag: tagConsoleResponse, VR: dicom.UN})
	}
	return ses.a.Reply(m, dimse.Command{Status: dimse.Success, Extra: extra}, nil)
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
		extra.SetUint16(tagDataOddLength, 1)
	}
	extra.Put(dicom.Element{Tag: tagConsoleResponse, VR: dicom.UN, Value: value})
	return extra
}

// errSaid is a failure that the console has been told in the original's words.
var errSaid = errors.New("failed as the console says")

// run finds the command and carries it out; an unknown one does nothing.
func (c *commandCall) run(ctx context.Context, text string) []byte {
	name, arg, ok := strings.Cut(text, ":")
	if !ok {
		return nil
	}
	f, known := commands()[name]
	if !known {
		return nil
	}
	c.name, c.arg = name, arg
	if c.caller != nil {
		ctx = context.WithValue(ctx, threadKey{}, c.caller.Thread())
	}
	ctx = saidByCaller(ctx)
	answer, err := f.run(ctx, c)
	if err != nil && err != errSaid {
		c.s.con.Event("*** server command failed", "command", name, "error", err)
	}
	return answer
}

// maxAnswer bounds the answer of a command, in bytes: what fits into one element.
const maxAnswer = 4 << 30

// SendCommand sends a server command to a running server, with a file when
// upload is not nil, and returns its answer. ok is false when there was none.
func SendCommand(ctx context.Context, addr, ae, command string, upload []byte) (answer []byte, ok bool, err error) {
	return sendCommand(ctx, addr, ae, "Server command sent using DGATE -- option", command, upload)
}

// sendCommand says text, when it is not empty, on the console of the server.
func sendCommand(ctx context.Context, addr, ae, text, command string, upload []byte) (answer []byte, ok bool, err error) {
	a, err := dimse.Dial(ctx, addr, dimse.Request{
		Options: dimse.Options{
			ImplementationClassUID: implementationClassUID, ImplementationVersionName: implementationVersion(),
			ReadTimeout: commandTimeout, MaxCommand: maxAnswer,
		},
		Calling: ae, Called: ae, Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}},
	})
	if err != nil {
		return nil, false, err
	}
	extra := dicom.NewDataset(4)
	extra.Put(padded(tagConsoleText, []byte(text)))
	extra.Put(padded(tagConsoleCommand, []byte(command)))
	if upload != nil {
		extra.Put(padded(tagConsoleData, upload))
		if len(upload)%2 == 1 {
			extra.SetUint16(tagDataOddLength, 1)
		}
	}
	response, err := a.Request(ctx, nil, dimse.Command{Field: dimse.CEchoRQ, AffectedSOPClassUID: dimse.Verification, Extra: extra}, nil, nil)
	if err != nil {
		a.Close()
		return nil, false, err
	}
	defer a.Release(ctx)
	set, err := response.Command.Set()
	if err != nil {
		return nil, false, err
	}
	e := set.Get(tagConsoleResponse)
	if e == nil {
		return nil, false, nil
	}
	answer = e.Value
	if odd, _ := number(set, tagDataOddLength); odd == 1 && len(answer) > 0 {
		answer = answer[:len(answer)-1]
	}
	return answer, true, nil
}

// commandTimeout is how long a client waits for a command: some take hours.
const commandTimeout = 24 * 60 * 60 * 1e9

// padded is an element with one NUL when its value is odd.
func padded(t dicom.Tag, v []byte) dicom.Element {
	if len(v)%2 == 1 {
		v = append(bytes.Clone(v), 0)
	}
	return dicom.Element{Tag: t, VR: dicom.UN, Value: v}
}

// mayCommand tells whether the host of an association may send this command:
// those of CommandIPs may, and anybody may ask for an echo of the version.
func (s *Server) mayCommand(ses *session, text string) bool {
	name, _, _ := strings.Cut(text, ":")
	if access.MayAdminister(s.live.Current(), ses.a.RemoteAddr()) {
		return ses.may(rightForCommand(text), name)
	}
	s.con.Event("*** server command refused: add the host to CommandIPs in dicom.ini to allow it", "host", ses.Address(), "command", name)
	return false
}

func textAnswer(format string, a ...any) []byte { return fmt.Appendf(nil, format, a...) }
