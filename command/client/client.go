package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/pacs/site"
)

// maxAnswer bounds the answer of a command, in bytes: what fits into one element.
const maxAnswer = 4 << 30

// Send sends a server command to a running server, with a file when
// upload is not nil, and returns its answer. ok is false when there was none.
func Send(ctx context.Context, addr, ae, command string, upload []byte) (answer []byte, ok bool, err error) {
	return SendSaying(ctx, addr, ae, "Server command sent using DGATE -- option", command, upload)
}

// SendSaying says text, when it is not empty, on the console of the server.
func SendSaying(ctx context.Context, addr, ae, text, command string, upload []byte) (answer []byte, ok bool, err error) {
	answer, ok, _, err = Ask(ctx, addr, ae, text, command, upload)
	return answer, ok, err
}

// Ask is SendSaying that also tells why the command failed, where the server says
// so; the original does not.
func Ask(ctx context.Context, addr, ae, text, command string, upload []byte) (answer []byte, ok bool, failure string, err error) {
	a, err := dimse.Dial(ctx, addr, dimse.Request{
		Options: dimse.Options{
			ImplementationClassUID: site.ImplementationClassUID, ImplementationVersionName: site.ImplementationVersion(),
			ReadTimeout: commandTimeout, MaxCommand: maxAnswer,
		},
		Calling: ae, Called: ae, Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}},
	})
	if err != nil {
		return nil, false, "", err
	}
	extra := dicom.NewDataset(4)
	extra.Put(padded(site.TagConsoleText, []byte(text)))
	extra.Put(padded(site.TagConsoleCommand, []byte(command)))
	if upload != nil {
		extra.Put(padded(site.TagConsoleData, upload))
		if len(upload)%2 == 1 {
			extra.SetUint16(site.TagDataOddLength, 1)
		}
	}
	response, err := a.Request(ctx, nil, dimse.Command{Field: dimse.CEchoRQ, AffectedSOPClassUID: dimse.Verification, Extra: extra}, nil, nil)
	if err != nil {
		a.Close()
		return nil, false, "", err
	}
	defer a.Release(ctx)
	set, err := response.Command.Set()
	if err != nil {
		return nil, false, "", err
	}
	failure = strings.TrimRight(set.String(site.TagConsoleFailure), " \x00")
	e := set.Get(site.TagConsoleResponse)
	if e == nil {
		return nil, false, failure, nil
	}
	answer = e.Value
	if odd, _ := site.Number(set, site.TagDataOddLength); odd == 1 && len(answer) > 0 {
		answer = answer[:len(answer)-1]
	}
	return answer, true, failure, nil
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

// SendFromPage sends a command for a web page, which tells when nobody listens.
// The server says nothing of the command.
func SendFromPage(ctx context.Context, page io.Writer, addr, ae, command string, upload []byte) (answer []byte, ok bool) {
	answer, ok, err := SendSaying(ctx, addr, ae, "", command, upload)
	SayNoServer(page, err)
	return answer, ok && err == nil
}

// SayNoServer says that nobody listens, when that is what failed.
func SayNoServer(w io.Writer, err error) {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		io.WriteString(w, noServer)
	}
}

const noServer = "DICOM ERROR connect failed on socket level (called not running)"
