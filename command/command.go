package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/oplog"
	"conquest/pacs/peers"
	"conquest/pacs/site"
	"conquest/pacs/who"
	"conquest/pixel"
	"conquest/rules"
)

// call is one server command under way (docs/original/commands.md 2).
type call struct {
	s *Commands
	request
	caller  rules.Caller   // nil when the command did not come by network
	upload  []byte         // file sent along, nil when none
	command *dicom.Dataset // command set of the request
	after   func()         // close the connection without an answer, then call it
}

// handler carries out a command. The answer goes to the client as it is;
// nil is no answer.
type handler func(ctx context.Context, c *call) (answer []byte, err error)

// Do finds a command and carries it out in the name of a caller, nil for nobody; an
// unknown one does nothing. With after the connection is to be closed without an
// answer, and after to be called then. failure says for people why it failed.
func (s *Commands) Do(ctx context.Context, caller rules.Caller, text string, upload []byte, set *dicom.Dataset) (answer []byte, after func(), failure string) {
	r, ok := read(text)
	if !ok {
		s.Console.Event("a server command is not known", "command", r.name)
		return nil, nil, ""
	}
	c := &call{s: s, request: r, caller: caller, command: set, upload: upload}
	if c.caller != nil {
		ctx = context.WithValue(ctx, site.ThreadKey{}, c.caller.Thread())
	}
	ctx, done := s.Work(peers.SaidByCaller(who.With(ctx, c.actor())), "command")
	defer done()
	answer, err := c.run(ctx, c)
	if err != nil {
		failure = strings.TrimPrefix(err.Error(), site.ErrSaid.Error()+": ")
	}
	if errors.Is(err, pixel.ErrNoPixelData) {
		// Viewers ask for pictures of reports, too, and mail what has three stars.
		oplog.NoPicture(c.s.Console, c.name, err)
	} else if err != nil && !errors.Is(err, site.ErrSaid) {
		c.s.Console.Event("*** server command failed", "command", c.name, "error", err)
	}
	return answer, c.after, failure
}

// actor is who sent the command.
func (c *call) actor() who.Actor {
	a := who.Actor{Way: "command " + c.name}
	if c.caller != nil {
		a.Name = c.caller.Calling()
		if c.caller.Address() != rules.NoAddress {
			a.Address = c.caller.Address()
		}
	}
	return a
}

func textAnswer(format string, a ...any) []byte { return fmt.Appendf(nil, format, a...) }

// Here carries out a server command here, as if it had come from this
// machine (docs/original/commands.md 3), and returns its answer.
func (s *Commands) Here(ctx context.Context, text string) ([]byte, error) {
	r, ok := read(text)
	if !ok {
		return nil, fmt.Errorf("unknown command %q", r.name)
	}
	ctx, done := s.Work(ctx, "command")
	defer done()
	c := &call{s: s, request: r}
	answer, err := c.run(who.With(ctx, c.actor()), c)
	if c.after != nil {
		c.after()
	}
	return answer, err
}
