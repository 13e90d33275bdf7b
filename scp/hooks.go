package scp

import (
	"context"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/pacs/printing"
	"conquest/pacs/site"
	"conquest/rules"
	"conquest/scripting"
)

// runHook runs a hook of the association.
func (ses *session) runHook(name string, command *dicom.Dataset) error {
	verdict, _ := ses.s.hook(context.Background(), name, rules.Request{Command: command, Caller: ses}, nil)
	if verdict == scripting.Destroy || verdict == scripting.Reject {
		return dimse.ErrRelease
	}
	return nil
}

func (ses *session) hookEnd() {
	ses.runHook("endassociation", nil)
	ses.lua.Close()
}

// servePrint handles requests of the print classes; served is false for any
// other.
func (ses *session) servePrint(ctx context.Context, m *dimse.Message, command *dicom.Dataset) (served bool, err error) {
	return ses.s.Printing.Serve(ctx, printing.Request{
		Message: m, Command: command, Films: &ses.films, To: ses.a, Tell: ses.tellPrint(),
		Step: func(text string) { ses.s.Step(ses.thread, "%s", text) },
	})
}

// tellPrint runs the script printserver of [lua], nil without one.
func (ses *session) tellPrint() printing.Tell {
	if ses.s.Live.Current().LuaHook("printserver") == "" {
		return nil
	}
	return func(ctx context.Context, event string, command, data *dicom.Dataset) {
		ses.s.hook(ctx, "printserver", rules.Request{Object: data, Command: command, Caller: ses},
			map[string]any{"version": site.Version, "command_line": event})
	}
}
