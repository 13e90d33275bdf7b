package command

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"conquest/console"
	"conquest/pacs/delayed"
	"conquest/queue"
	"conquest/scripting"
)

// QueueReport tells for each queue where its work goes, how much waits, since
// when, and what failed last.
func (s *Commands) QueueReport() []byte {
	r := &queueReport{}
	fmt.Fprintf(&r.b, "%-22s %-28s %7s %7s %7s  %-24s %s\n", "queue", "destination", "waiting", "failed", "dead", "oldest", "failed last")
	cfg := s.Live.Current()
	for i, q := range s.Export.Exports() {
		conv, _ := cfg.Converter(scripting.Export.Name(), i)
		r.state("ExportConverter"+strconv.Itoa(i), destinations(conv.Text), q.State())
	}
	if q := s.Export.Mirrors(); q != nil {
		r.state("mirror copies", "MIRROR devices", q.State())
	}
	if s.Delayed != nil {
		r.collected(s.Delayed)
		r.state("delayed", "", s.Delayed.Ready().State())
	}
	return r.b.Bytes()
}

type queueReport struct{ b bytes.Buffer }

func (r *queueReport) state(name, to string, st queue.State) {
	r.line(name, to, st.Waiting+st.Running, st.Failed, st.Letters, st.Oldest, st.LastError)
}

func (r *queueReport) line(name, to string, waiting, failed, dead int, oldest time.Time, last string) {
	since := "-"
	if !oldest.IsZero() {
		since = oldest.Format(console.Time)
	}
	if to == "" {
		to = "-"
	}
	fmt.Fprintf(&r.b, "%-22s %-28s %7d %7d %7d  %-24s %s\n", name, to, waiting, failed, dead, since, last)
}

// collected lists delayed commands that wait for their time, by destination.
func (r *queueReport) collected(q *delayed.Queue) {
	type group struct {
		n      int
		oldest time.Time
	}
	groups := map[string]*group{}
	var order []string
	q.Collected(func(d scripting.Delayed, since, _ time.Time) {
		name := d.Verb + "\x00" + d.AE
		g := groups[name]
		if g == nil {
			g = &group{oldest: since}
			groups[name] = g
			order = append(order, name)
		}
		g.n++
		if since.Before(g.oldest) {
			g.oldest = since
		}
	})
	for _, name := range order {
		verb, ae, _ := bytes.Cut([]byte(name), []byte{0})
		r.line("delayed "+string(verb), string(ae), groups[name].n, 0, 0, groups[name].oldest, "")
	}
}

// destinations are the AEs that an export converter sends to.
func destinations(text string) string {
	to := ""
	for _, t := range scripting.Targets(text, scripting.ExportDialect) {
		if to != "" {
			to += ","
		}
		to += t.Name
	}
	return to
}
