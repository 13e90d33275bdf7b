package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

type queueLine struct {
	Kind, Queue, Rule, Destination, State string
	Waiting, Held, Letters                int
	Done, Failures                        uint64
	LastError, Words                      string
	LastDone, NextTry, Oldest             *time.Time
}

// queue is the line of a destination.
func (s *apiSite) queue(kind, ae string) (line queueLine) {
	s.t.Helper()
	var list struct{ Items []queueLine }
	s.get("/queues/"+kind+"/"+ae, &list)
	return list.Items[0]
}

type doneAnswer struct {
	Held, Letters int
	Dry           bool
}

// TestAPIQueues follows the work for two destinations, one of which is away: what
// waits, why, what is tried, paused, moved and given up.
func TestAPIQueues(t *testing.T) {
	s := newAPISite(t, "ExportConverters = 1", "ExportConverter0 = forward to DEAD; forward to MYDEST", "FailHoldOff = 1", "RetryDelay = 600", "ForwardAssociationCloseDelay = 1")
	s.aemap += "DEAD 127.0.0.1 <PORT7> un\nOTHER 127.0.0.1 <PORT6> un\n"
	s.write("ExportFailures104_7", strings.Repeat("x", 1536))
	s.start()
	dest, other := newAcceptor(t, s.port+4), newAcceptor(t, s.port+6)
	s.store(numbered("QUEUE", 1), numbered("QUEUE", 2))
	await(t, "what is held", func() bool { return s.queue("export", "DEAD").Held == 2 })
	l := s.queue("export", "DEAD")
	if l.Rule != "ExportConverter0" || l.State != "failing" || l.Failures == 0 || l.Oldest == nil || l.NextTry == nil || time.Until(*l.NextTry) < time.Minute ||
		!strings.Contains(l.LastError, "connection refused") || !strings.Contains(l.Words, "acrnema.map") {
		t.Errorf("line: %+v", l)
	}
	if l := s.queue("export", "MYDEST"); l.State != "idle" {
		t.Errorf("MYDEST gets its objects after DEAD has them: %+v", l)
	}

	var all struct {
		Queues []queueLine
		Files  []struct {
			Name    string
			Records int
			Open    bool
		}
	}
	s.get("/queues", &all)
	if len(all.Files) != 2 || all.Files[0].Name != "ExportFailures104_7" || all.Files[0].Open || all.Files[0].Records != 1 || !all.Files[1].Open {
		t.Errorf("files: %+v", all.Files)
	}
	var said struct{ Queues []queueLine }
	if err := json.Unmarshal([]byte(s.run("--queues", "--json")), &said); err != nil || len(said.Queues) != len(all.Queues) {
		t.Errorf("--queues --json: %v %+v", err, said)
	}
	status := s.run("--status")
	for _, want := range []string{"to DEAD: failing, 2 held, the oldest for ", "connection refused", "ExportFailures104_7 has 1 records", "MAG0", "2 received"} {
		if !strings.Contains(status, want) {
			t.Errorf("--status has no %q:\n%s", want, status)
		}
	}

	var done doneAnswer
	s.want(s.call("POST", "/queues/export/DEAD/retry?dry=true", nil), 200, &done)
	if !done.Dry || done.Held != 2 {
		t.Errorf("dry: %+v", done)
	}
	s.want(s.call("POST", "/queues/export/DEAD/pause", nil), 200, nil)
	if l := s.queue("export", "DEAD"); l.State != "paused" || l.NextTry != nil {
		t.Errorf("paused: %+v", l)
	}
	s.want(s.call("POST", "/queues/export/DEAD/resume", nil), 200, nil)
	s.want(s.call("POST", "/queues/export/DEAD/move", map[string]string{"to": "NOBODY"}), 422, nil)
	s.want(s.call("POST", "/queues/export/NOBODY/retry", nil), 404, nil)
	s.want(s.call("POST", "/queues/export/DEAD/move", map[string]string{"to": "OTHER"}), 200, &done)
	if done.Held != 2 {
		t.Errorf("moved: %+v", done)
	}
	await(t, "the other destination", func() bool { return len(other.seen()) == 2 && len(dest.seen()) == 2 })
	await(t, "the record", func() bool { return s.queue("export", "MYDEST").Done == 2 })
	if l := s.queue("export", "MYDEST"); l.LastDone == nil || l.State != "idle" {
		t.Errorf("done: %+v", l)
	}
}

// TestAPILetters works on what was refused.
func TestAPILetters(t *testing.T) {
	s := newAPISite(t, "ExportConverters = 1", "ExportConverter0 = forward to MYDEST", "FailHoldOff = 1", "RetryDelay = 1")
	s.aemap += "OTHER 127.0.0.1 <PORT6> un\n"
	s.start()
	dest, other := newAcceptor(t, s.port+4), newAcceptor(t, s.port+6)
	dest.reset(behaviour{Statuses: []int{0xa900, 0xa900, 0xa900, 0}})
	s.store(numbered("LETTER", 1), numbered("LETTER", 2), numbered("LETTER", 3))
	var list struct {
		Items []struct {
			Queue, Destination, Patient, Reason, Words, Kind string
			ID                                               json.Number
		}
	}
	await(t, "three letters", func() bool { s.get("/letters?destination=MYDEST", &list); return len(list.Items) == 3 })
	l := list.Items[0]
	if l.Patient != "LETTER" || l.Kind != "export" || !strings.Contains(l.Reason, "A900") || l.Words == "" {
		t.Errorf("letter: %+v", l)
	}
	at := func(i int) string { return "/letters/" + l.Queue + "/" + list.Items[i].ID.String() }
	dest.reset(behaviour{})
	s.want(s.call("POST", at(0)+"/retry?dry=true", nil), 200, nil)
	s.want(s.call("POST", at(0)+"/retry", nil), 200, nil)
	s.want(s.call("POST", at(1)+"/move", map[string]string{"to": "OTHER"}), 200, nil)
	s.want(s.call("DELETE", at(2), nil), 200, nil)
	s.want(s.call("DELETE", at(2), nil), http.StatusNotFound, nil)
	await(t, "retried and moved", func() bool { return len(dest.seen()) == 1 && len(other.seen()) == 1 })
	s.get("/letters", &list)
	if len(list.Items) != 0 {
		t.Errorf("left: %+v", list)
	}
}
