package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"conquest/console"
	"conquest/pacs/undo"
)

// undoCommands take back what was deleted or changed.
var undoCommands = map[string]row{
	"undo":      {runUndo, "[ID]", "take a deletion, modification or merge back; without ID list those that UndoHours keeps, the newest first"},
	"undo_json": {runUndoJSON, "[ID]", "the same, answered in JSON"},
}

func runUndo(ctx context.Context, c *call) ([]byte, error) {
	if id := strings.TrimSpace(c.arg); id != "" {
		res, err := c.undo(ctx, id)
		if err != nil {
			return textAnswer("not undone: %v\n", err), err
		}
		return undoText(res), nil
	}
	list, err := c.s.Remove.Undo.List()
	if err != nil {
		return textAnswer("%v\n", err), err
	}
	var b bytes.Buffer
	for _, e := range list {
		fmt.Fprintf(&b, "%s %s, until %s: %s %s: %d objects, %.1f MB, patient %s, by %s", e.ID, e.At.Format(console.Time), e.Until.Format(console.Time),
			e.Kind, oneLine(orDash(e.What)), e.Objects, float64(e.Bytes)/1e6, oneLine(strings.Join(e.Patients, ", ")), oneLine(e.By))
		if e.State != undo.Whole {
			fmt.Fprintf(&b, " (%s)", e.State)
		}
		b.WriteByte('\n')
	}
	if len(list) == 0 {
		b.WriteString("there is nothing to take back\n")
	}
	return b.Bytes(), nil
}

// undo takes a deed back and says so.
func (c *call) undo(ctx context.Context, id string) (undo.Result, error) {
	res, err := c.s.Remove.Undo.Undo(ctx, id)
	if err == nil {
		c.s.Console.Event("taken back", "deed", id, "restored", res.Restored, "present", res.Present, "failed", res.Failed, "by", c.actor())
	}
	return res, err
}

func undoText(res undo.Result) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d restored, %d are here again, %d failed\n", res.Restored, res.Present, res.Failed)
	for _, r := range res.Reasons {
		fmt.Fprintf(&b, "not restored: %s\n", oneLine(r))
	}
	if res.Deed != "" {
		fmt.Fprintf(&b, "what was replaced can be had back with --undo:%s\n", res.Deed)
	}
	return b.Bytes()
}

func runUndoJSON(ctx context.Context, c *call) ([]byte, error) {
	var answer any
	var err error
	if id := strings.TrimSpace(c.arg); id != "" {
		answer, err = c.undo(ctx, id)
	} else {
		list, listErr := c.s.Remove.Undo.List()
		if list == nil {
			list = []undo.Entry{}
		}
		answer, err = list, listErr
	}
	if err != nil {
		answer = map[string]string{"error": err.Error()}
	}
	b, jsonErr := json.MarshalIndent(answer, "", "  ")
	if jsonErr != nil {
		return nil, jsonErr
	}
	return append(b, '\n'), err
}
