// Package scp serves associations: it turns DIMSE messages into use cases of package
// pacs and their results into responses.
//
// Where to read: listen.go, associate.go and dispatch.go for what comes in; store.go,
// find.go, retrieve.go and command.go for the services.
package scp

import (
	"context"

	"conquest/access"
	"conquest/dicom"
	"conquest/pacs"
	"conquest/rules"
	"conquest/scripting"
)

// CommandFunc carries out a server command with the file that was sent along and the
// command set of the request. after, when not nil, is to be called when the
// connection is closed without an answer. failure says for people why it failed.
type CommandFunc func(ctx context.Context, caller rules.Caller, text string, upload []byte, set *dicom.Dataset) (answer []byte, after func(), failure string)

// HookFunc runs the chunk of an entry of [lua] on the object of a request; ran is
// false when there is none.
type HookFunc func(ctx context.Context, name string, q rules.Request, globals map[string]any) (verdict scripting.Code, ran bool)

// SCP serves the associations of one PACS.
type SCP struct {
	*pacs.PACS
	runCommand CommandFunc
	hook       HookFunc

	rights  access.RightsBook
	refused refusedContexts // presentation contexts, as far as they were told of
}

// New serves a PACS. run carries out server commands, hook the chunks of [lua].
func New(p *pacs.PACS, run CommandFunc, hook HookFunc) *SCP {
	s := &SCP{PACS: p, runCommand: run, hook: hook}
	s.rights.Current, s.rights.Console = p.Live.Current, p.Console
	return s
}
