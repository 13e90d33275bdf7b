package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"conquest/dicom"
	"conquest/pacs/life"
	"conquest/storage"
)

// lifeCommands tell what happened to objects.
var lifeCommands = map[string]row{
	"life":      {runLife, "[UID][,patient=ID][,accession=NUMBER][,ae=AE][,kind=KIND][,since=TIME][,until=TIME][,limit=N][,why=AE]", "what happened to an object, series or study, to those of a patient or an accession number, or with a destination; TIME is 2026-12-01, 2026-12-01T10:30 or a span such as 36h; why=AE tells why an object was not sent there"},
	"life_json": {runLifeJSON, "...", "the same, answered in JSON"},
}

// lifeQuery is the argument of the command.
func lifeQuery(arg string) (q life.Query, why string, err error) {
	for i, part := range strings.Split(arg, ",") {
		part = strings.TrimSpace(part)
		name, value, named := strings.Cut(part, "=")
		switch {
		case !named && i == 0:
			q.UID = part
		case !named:
			return q, "", fmt.Errorf("%q has no name, such as patient=", part)
		case name == "patient":
			q.Patient = value
		case name == "accession":
			q.Accession = value
		case name == "ae":
			q.Peer = value
		case name == "kind":
			q.Kind = value
		case name == "since":
			q.Since, err = moment(value)
		case name == "until":
			q.Until, err = moment(value)
		case name == "limit":
			q.Limit, err = strconv.Atoi(value)
		case name == "why":
			why = value
		default:
			err = fmt.Errorf("%q is not known: patient, accession, ae, kind, since, until, limit and why are", name)
		}
		if err != nil {
			return q, "", err
		}
	}
	return q, why, nil
}

// moment reads a time of the clock of this machine, or a span before now.
func moment(text string) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return time.Now().Add(-d), nil
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-12-01, 2026-12-01T10:30 or 36h", text)
}

func runLife(ctx context.Context, c *call) ([]byte, error) {
	q, why, err := lifeQuery(c.arg)
	var list []life.Event
	if err == nil {
		list, err = c.s.Life.Find(ctx, q)
	}
	if err != nil {
		return textAnswer("%v\n", err), err
	}
	var b bytes.Buffer
	for i := range list {
		writeEvent(&b, &list[i], q.UID)
	}
	if len(list) == 0 {
		b.WriteString("nothing is known\n")
	}
	if why != "" {
		c.explainMissing(ctx, &b, q.UID, why, list)
	}
	return b.Bytes(), nil
}

// writeEvent writes one event: a line, and a line for each fact.
func writeEvent(b *bytes.Buffer, e *life.Event, asked string) {
	fmt.Fprintf(b, "%s %s", e.Time.Format("2006-01-02 15:04:05.000"), e.Kind)
	switch e.Kind {
	case life.Sent, life.Failed, life.Given, life.Committed, life.Missing:
		fmt.Fprintf(b, " to %s", oneLine(e.Peer))
	}
	if e.SOP != "" && e.SOP != asked {
		fmt.Fprintf(b, " %s", oneLine(e.SOP))
	}
	if e.Patient != "" {
		fmt.Fprintf(b, " (patient %s)", oneLine(e.Patient))
	}
	fmt.Fprintf(b, ", %s\n", oneLine(e.By))
	for i := 0; i+1 < len(e.Facts); i += 2 {
		fmt.Fprintf(b, "    %s: %s\n", oneLine(e.Facts[i]), oneLine(e.Facts[i+1]))
	}
}

// explainMissing tells why an object did not go to an AE: what was tried, else what
// the rules say of the object as it is now.
func (c *call) explainMissing(ctx context.Context, b *bytes.Buffer, uid, ae string, list []life.Event) {
	calling := ""
	for i := range list {
		e := &list[i]
		if e.Kind == life.Stored && strings.Contains(e.By, "C-STORE") {
			calling = e.Peer
		}
		if !strings.EqualFold(e.Peer, ae) {
			continue
		}
		switch e.Kind {
		case life.Sent:
			fmt.Fprintf(b, "it was sent to %s at %s\n", ae, e.Time.Format("2006-01-02 15:04:05"))
			return
		case life.Given:
			fmt.Fprintf(b, "%s did not take it: %s; see --deadletters:%s\n", ae, oneLine(e.Fact("error")), ae)
			return
		}
	}
	text, err := c.explainStored(ctx, uid, calling)
	if err != nil {
		fmt.Fprintf(b, "the rules can not be asked: %v\n", err)
		return
	}
	fmt.Fprintf(b, "\nWhat the rules of now say of the object as it is, as if %s sent it:\n\n%s", orDash(calling), text)
}

// explainStored explains the rules on a stored object.
func (c *call) explainStored(ctx context.Context, sop, calling string) (string, error) {
	if c.s.Explain == nil || sop == "" {
		return "", errors.New("say of which object")
	}
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.SOPInstanceUID, sop)
	refs, err := c.s.Index.Locate(ctx, keys)
	if err != nil {
		return "", err
	}
	if len(refs) == 0 {
		return "", errors.New("no object with this SOP instance UID is stored here")
	}
	path, _, ok := storage.NewDevices(c.s.Live.Current().Storage).Locate(refs[0].Device, refs[0].File)
	if !ok {
		return "", errors.New("its file is gone")
	}
	return c.s.Explain(ctx, path, calling, "")
}

func runLifeJSON(ctx context.Context, c *call) ([]byte, error) {
	q, _, err := lifeQuery(c.arg)
	var list []life.Event
	if err == nil {
		list, err = c.s.Life.Find(ctx, q)
	}
	var answer any = list
	switch {
	case err != nil:
		answer = map[string]string{"error": err.Error()}
	case list == nil:
		answer = []life.Event{}
	}
	b, jsonErr := json.MarshalIndent(answer, "", "  ")
	if jsonErr != nil {
		return nil, jsonErr
	}
	return append(b, '\n'), err
}
