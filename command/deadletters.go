package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"conquest/console"
	"conquest/oplog"
	"conquest/pacs/letters"
)

// letterCommands work on what did not go through.
var letterCommands = map[string]row{
	"deadletters":       {runDeadLetters, "[SELECTION]", "work that was refused or given up, and objects in quarantine"},
	"deadletters_retry": {runLettersRetry, "SELECTION", "have dead letters done again; an object in quarantine is received once more"},
	"deadletters_skip":  {runLettersSkip, "QUEUE/NUMBER", "remove one dead letter: it is not done"},
	"deadletters_move":  {runLettersMove, "SELECTION,AE", "have dead letters, and what waits for an AE, done for another AE"},
	"deadletters_purge": {runLettersPurge, "SELECTION", "remove dead letters, and what waits for an AE"},
	"queue_pause":       {runQueuePause, "AE", "hold all that is for an AE; others of the same converters go on"},
	"queue_resume":      {runQueueResume, "AE", "let it go on"},
}

// parseSelection reads "all", "QUEUE/NUMBER", "QUEUE" or a destination; empty is
// all where that is allowed.
func (s *Commands) parseSelection(text string, emptyIsAll bool) (sel letters.Selection, err error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "" && !emptyIsAll:
		return sel, errors.New("say which: all, an AE, a queue or QUEUE/NUMBER")
	case text == "" || strings.EqualFold(text, "all"):
		return sel, nil
	}
	name, number, found := strings.Cut(text, "/")
	for _, src := range s.LetterSources() {
		if src.Name() != name {
			continue
		}
		sel.Queue = name
		if !found {
			return sel, nil
		}
		if sel.ID, err = strconv.ParseUint(number, 10, 64); err != nil {
			return sel, fmt.Errorf("%q is no number of a dead letter", number)
		}
		sel.One = true
		return sel, nil
	}
	sel.Destination = text
	return sel, nil
}

// selected carries out a command on a selection and answers with what was done.
func selected(c *call, text, done string, act func(*letters.Desk, letters.Selection) (int, error)) ([]byte, error) {
	if c.s.Export.Gate == nil {
		return nil, errors.New("no server is running here")
	}
	sel, err := c.s.parseSelection(text, false)
	if err != nil {
		return textAnswer("%v\n", err), err
	}
	n, err := act(c.s.Letters(), sel)
	answer := textAnswer("%d %s\n", n, done)
	if err != nil {
		answer = fmt.Appendf(answer, "%v\n", err)
	}
	return answer, err
}

func runLettersRetry(_ context.Context, c *call) ([]byte, error) {
	return selected(c, c.arg, "to be done again", (*letters.Desk).Retry)
}

func runLettersSkip(_ context.Context, c *call) ([]byte, error) {
	return selected(c, c.arg, "removed", (*letters.Desk).Skip)
}

func runLettersPurge(_ context.Context, c *call) ([]byte, error) {
	return selected(c, c.arg, "removed", (*letters.Desk).Purge)
}

func runLettersMove(_ context.Context, c *call) ([]byte, error) {
	if !c.has(1) {
		err := errors.New("say what to move and where: SELECTION,AE")
		return textAnswer("%v\n", err), err
	}
	to := strings.TrimSpace(c.field(1))
	return selected(c, c.field(0), "moved to "+to, func(d *letters.Desk, sel letters.Selection) (int, error) { return d.Move(sel, to) })
}

func runQueuePause(_ context.Context, c *call) ([]byte, error) {
	return gated(c, "paused", (*letters.Desk).Pause)
}

func runQueueResume(_ context.Context, c *call) ([]byte, error) {
	return gated(c, "resumed", (*letters.Desk).Resume)
}

func gated(c *call, done string, act func(*letters.Desk, string) error) ([]byte, error) {
	if c.s.Export.Gate == nil {
		return nil, errors.New("no server is running here")
	}
	ae := strings.TrimSpace(c.arg)
	if err := act(c.s.Letters(), ae); err != nil {
		return textAnswer("%v\n", err), err
	}
	oplog.DestinationGate(c.s.Console, ae, done)
	return textAnswer("%s is %s\n", ae, done), nil
}

// runDeadLetters lists dead letters, and destinations that something waits for.
func runDeadLetters(_ context.Context, c *call) ([]byte, error) {
	sel, err := c.s.parseSelection(c.arg, true)
	if err != nil {
		return textAnswer("%v\n", err), err
	}
	var b bytes.Buffer
	desk := c.s.Letters()
	for _, l := range desk.List(sel) {
		fmt.Fprintf(&b, "%s/%d %s: %s of %s (patient %s) to %s: %s\n", l.Queue, l.ID, l.Since.Format(console.Time), l.Kind,
			oneLine(l.Label), oneLine(l.Patient), oneLine(orDash(l.Destination)), oneLine(l.Reason))
	}
	if sel != (letters.Selection{}) {
		return b.Bytes(), nil
	}
	for _, d := range desk.Destinations() {
		paused := ""
		if d.Paused != nil {
			paused = ", paused since " + d.Paused.Since.Format(console.Time)
		}
		fmt.Fprintf(&b, "%s: %d wait, %d dead letters%s\n", oneLine(orDash(d.Name)), d.Held, d.Letters, paused)
	}
	return b.Bytes(), nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// oneLine is a value of a sender or a peer, fit for a line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
