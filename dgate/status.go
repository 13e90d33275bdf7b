package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"conquest/api"
)

// apiPaths are what words ask of the REST interface for --json.
var apiPaths = map[string]string{"status": "/server", "queues": "/queues", "deadletters": "/letters?limit=1000"}

// siteStatus tells how the server of the site is.
func siteStatus(argv []string) int {
	asJSON := slices.Contains(argv, "--json")
	rest := slices.DeleteFunc(slices.Clone(argv[2:]), func(a string) bool { return a == "--json" })
	p, err := open(append([]string{argv[0]}, rest...))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	p.ctx = context.Background()
	if asJSON {
		p.rest = append(p.rest, "--json")
	}
	return p.sayStatus()
}

// ask makes a call of the REST interface by command.
func (p *program) ask(path string) ([]byte, error) {
	answer, ok, err := p.send(p.ctx, "api:"+path, nil)
	switch {
	case err != nil:
		return nil, fmt.Errorf("no server answers on port %s: %w", p.live.Current().TCPPort, err)
	case !ok || len(answer) == 0:
		return nil, errors.New("the server does not answer that: it takes no commands from here, or is an older one")
	}
	answer = []byte(strings.TrimRight(string(answer), "\x00"))
	var problem struct {
		Status int
		Detail string
	}
	if json.Unmarshal(answer, &problem) == nil && problem.Status >= 400 {
		return nil, errors.New(problem.Detail)
	}
	return answer, nil
}

func (p *program) sayJSON(path string) int {
	answer, err := p.ask(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Stdout.Write(answer)
	return 0
}

// sayStatus tells how the server is; the exit status is 1 when none answers.
func (p *program) sayStatus() int {
	if slices.Contains(p.rest, "--json") {
		return p.sayJSON(apiPaths["status"])
	}
	var state api.ServerState
	var queues api.QueueList
	for path, into := range map[string]any{"/server": &state, "/queues": &queues} {
		answer, err := p.ask(path)
		if err == nil {
			err = json.Unmarshal(answer, into)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	writeStatus(os.Stdout, state, queues, time.Now())
	return 0
}

// writeStatus writes a status for people.
func writeStatus(w io.Writer, s api.ServerState, q api.QueueList, now time.Time) {
	state := "in order"
	if !s.Ready {
		state = "NOT IN ORDER"
	}
	fmt.Fprintf(w, "%s on port %s: %s, version %s, up %s, %d associations open\n", s.AE, s.Port, state, s.Version, span(now.Sub(s.Started)), s.Associations)
	for _, problem := range s.Problems {
		fmt.Fprintf(w, "  ! %s\n", problem)
	}
	fmt.Fprintf(w, "index     %s", s.Database.Type)
	if n := s.Database.Rows; n != nil {
		fmt.Fprintf(w, ": %d patients, %d studies, %d series, %d objects", n.Patients, n.Studies, n.Series, n.Instances)
	}
	fmt.Fprintf(w, "\nsince     the start: %d received, %d saved, %d sent, %d forwarded\n", s.Counters.Received, s.Counters.Saved, s.Counters.Sent, s.Counters.Forwarded)
	for _, d := range s.Devices {
		problem := ""
		if d.Problem != "" {
			problem = ": " + d.Problem
		}
		fmt.Fprintf(w, "%-9s %s free of %s%s\n", d.Name, gigabytes(d.Free), gigabytes(d.Total), problem)
	}
	writeQueues(w, q, now)
}

func writeQueues(w io.Writer, q api.QueueList, now time.Time) {
	if len(q.Queues) == 0 {
		fmt.Fprintln(w, "queues    none")
	}
	for _, l := range q.Queues {
		fmt.Fprintf(w, "%-9s to %s: %s", l.Kind, l.Destination, l.State)
		for _, n := range []struct {
			count int
			what  string
		}{{l.Waiting, "waiting"}, {l.Held, "held"}, {l.Letters, "dead letters"}} {
			if n.count > 0 {
				fmt.Fprintf(w, ", %d %s", n.count, n.what)
			}
		}
		if l.Oldest != nil && l.Waiting+l.Held > 0 {
			fmt.Fprintf(w, ", the oldest for %s", span(now.Sub(*l.Oldest)))
		}
		if l.LastDone != nil {
			fmt.Fprintf(w, ", last done %s ago", span(now.Sub(*l.LastDone)))
		}
		if l.NextTry != nil && l.NextTry.After(now) {
			fmt.Fprintf(w, ", next try in %s", span(l.NextTry.Sub(now)))
		}
		fmt.Fprintln(w)
		if l.LastError != "" && l.State != "idle" {
			fmt.Fprintf(w, "          ! %s\n", line(l.LastError))
			if l.Words != "" {
				fmt.Fprintf(w, "            %s\n", l.Words)
			}
		}
	}
	for _, f := range q.Files {
		if !f.Open {
			fmt.Fprintf(w, "  ! %s has %d records and no queue works on it: it is of another port, or of a rule that is gone\n", f.Name, f.Records)
		}
	}
}

// line is what a peer said, fit for a line.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/(1<<30)) }

// span is a time as people say it.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
