package archive

import (
	"context"
	"fmt"
	"strconv"

	"conquest/pacs/letters"
	"conquest/queue"
	"conquest/scripting"
	"conquest/ui"
)

// Queues is outgoing work.
func (a *Archive) Queues(context.Context) ([]ui.QueueLine, error) {
	var list []ui.QueueLine
	line := func(kind, to string, st queue.State) {
		l := ui.QueueLine{Kind: kind, Destination: to, Waiting: st.Waiting + st.Running, Failed: st.Failed, Oldest: st.Oldest, LastError: st.LastError, State: "running"}
		if st.LastError != "" && l.Waiting > 0 {
			l.State = "holding off"
		}
		list = append(list, l)
	}
	cfg := a.PACS.Live.Current()
	for i, q := range a.PACS.Export.Exports() {
		conv, _ := cfg.Converter(scripting.Export.Name(), i)
		to := ""
		for _, t := range scripting.Targets(conv.Text, scripting.ExportDialect) {
			to = t.Name
			break
		}
		line("export "+strconv.Itoa(i), to, q.State())
	}
	if q := a.PACS.Export.Mirrors(); q != nil {
		line("mirror", "MIRROR", q.State())
	}
	if a.PACS.Delayed != nil {
		line("delayed", "", a.PACS.Delayed.Ready().State())
	}
	seen := map[string]bool{}
	for i := range list {
		seen[list[i].Destination] = true
	}
	for _, d := range a.PACS.Letters().Destinations() {
		for i := range list {
			if list[i].Destination == d.Name && d.Paused != nil {
				list[i].State = "paused"
			}
		}
		if !seen[d.Name] {
			l := ui.QueueLine{Kind: "held", Destination: d.Name, Waiting: d.Held, State: "holding off"}
			if d.Paused != nil {
				l.State = "paused"
			}
			list = append(list, l)
		}
	}
	return list, nil
}

// Letters are work that was given up.
func (a *Archive) Letters(context.Context) ([]ui.Letter, error) {
	var list []ui.Letter
	for _, l := range a.PACS.Letters().List(letters.Selection{}) {
		list = append(list, ui.Letter{
			ID: l.Queue + "/" + strconv.FormatUint(l.ID, 10), Kind: l.Kind, Destination: l.Destination, Object: l.Label,
			Patient: l.Patient, Reason: l.Reason, Time: l.Since,
		})
	}
	return list, nil
}

// QueueAction does what a button of the page says.
func (a *Archive) QueueAction(_ context.Context, action, kind, name string) error {
	desk := a.PACS.Letters()
	sel := letters.Selection{Destination: name}
	if kind == "letter" {
		queueName, id, err := letterID(name)
		if err != nil {
			return err
		}
		sel = letters.Selection{Queue: queueName, ID: id, One: true}
	} else if name == "" {
		return ui.ErrNotFound
	}
	var err error
	switch action {
	case "retry":
		_, err = desk.Retry(sel)
	case "drop":
		_, err = desk.Purge(sel)
	case "pause":
		err = desk.Pause(name)
	case "resume":
		err = desk.Resume(name)
	}
	return err
}

func letterID(s string) (queueName string, id uint64, err error) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '/' {
			id, err = strconv.ParseUint(s[i+1:], 10, 64)
			return s[:i], id, err
		}
	}
	return "", 0, fmt.Errorf("letter %q: %w", s, ui.ErrNotFound)
}
