package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/console"
	"conquest/oplog"
)

func decode(t *testing.T, b []byte) map[string]any {
	t.Helper()
	var r map[string]any
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return r
}

// TestRecords: keys are stable, whatever the messages call them, and the lines of the
// console stay as they are.
func TestRecords(t *testing.T) {
	var out bytes.Buffer
	l, err := Open(Options{Targets: []string{"stderr"}, Level: "info", Stderr: &out})
	if err != nil {
		t.Fatal(err)
	}
	con := console.New("", "")
	var said said
	con.OperatorChannel().Send(&said)
	con.Record(l)
	for _, tt := range []struct {
		say  func()
		line string
		want map[string]any
	}{
		{func() {
			con.Event("*** object refused", "sop", "1.2.3", "calling", "CT1", "converter", "ImportConverter0", "failure", "no \"such\" key", "n", 3)
		}, `*** object refused sop=1.2.3 calling=CT1 converter=ImportConverter0 failure="no \"such\" key" n=3`, map[string]any{
			"event": "object refused", "level": "ERROR", "sop": "1.2.3", "peer": "CT1", "rule": "ImportConverter0", "error": `no "such" key`, "n": 3.0,
		}},
		{func() { con.Event("device is there again", "device", "MAG0", "error", errors.New("x")) }, "device is there again device=MAG0 error=x", map[string]any{
			"event": "device is there again", "level": "INFO", "device": "MAG0", "error": "x",
		}},
		{func() { oplog.RemovedFile(con, "MAG0", "1.dcm") }, "Removed file: [MAG0:1.dcm]", map[string]any{
			"event": "RemovedFile", "level": "INFO", "msg": "Removed file: [MAG0:1.dcm]",
		}},
		{func() { con.Operator("UPACS THREAD %d: STARTED AT: %s", 12, "now") }, "UPACS THREAD 12: STARTED AT: now", map[string]any{"event": "line", "assoc": "12"}},
		{func() { con.Debug("not wanted") }, "", nil},
		{func() { con.User("C-Store", "CT1") }, "", map[string]any{"event": "access", "operation": "C-Store", "peer": "CT1"}},
		{func() {
			g := con.Together()
			g.Event("two lines", "ae", "X")
			g.Say()
		}, "two lines ae=X", map[string]any{"event": "two lines", "ae": "X"}},
	} {
		out.Reset()
		said = ""
		tt.say()
		if got := strings.TrimSuffix(string(said), "\n"); got != tt.line {
			t.Errorf("line %q, want %q", got, tt.line)
		}
		if tt.want == nil {
			if out.Len() > 0 {
				t.Errorf("recorded %s", out.String())
			}
			continue
		}
		r := decode(t, out.Bytes())
		for k, v := range tt.want {
			if r[k] != v {
				t.Errorf("%s is %v, want %v: %s", k, r[k], v, out.String())
			}
		}
		if _, err := time.Parse(time.RFC3339Nano, r["time"].(string)); err != nil {
			t.Error(err)
		}
	}
}

type said string

func (s *said) Write(m string) { *s += said(m) }
func (s *said) Close() error   { return nil }

func TestDebugLevel(t *testing.T) {
	var out bytes.Buffer
	l, err := Open(Options{Targets: []string{"stderr"}, Level: "debug", Stderr: &out})
	if err != nil {
		t.Fatal(err)
	}
	con := console.New("", "")
	con.Record(l)
	con.Debug("seen by %s", "programs")
	if r := decode(t, out.Bytes()); r["msg"] != "seen by programs" || r["level"] != "DEBUG" {
		t.Errorf("%v", r)
	}
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 12, 1, 23, 59, 0, 0, time.Local)
	path := filepath.Join(dir, "dgate.json")
	f, err := openFile(path, 100, 30, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write := func(n int) {
		t.Helper()
		if _, err := f.Write([]byte(strings.Repeat("x", n-1) + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	names := func() string {
		found, _ := filepath.Glob(filepath.Join(dir, "*"))
		for i := range found {
			found[i] = filepath.Base(found[i])
		}
		return strings.Join(found, " ")
	}
	write(60)
	write(60)
	if got := names(); got != "dgate-20261201-001.json dgate.json" {
		t.Errorf("by size: %s", got)
	}
	now = now.Add(2 * time.Minute)
	write(10)
	if got := names(); got != "dgate-20261201-001.json dgate-20261201-002.json dgate.json" {
		t.Errorf("by day: %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "dgate-notes.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(0, 0, 30)
	write(10)
	if got := names(); got != "dgate-20261202-001.json dgate-notes.json dgate.json" {
		t.Errorf("after a month: %s", got)
	}
}

func TestUDP(t *testing.T) {
	sink, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	l, err := Open(Options{Targets: []string{"udp"}, Level: "info", UDP: sink.LocalAddr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	con := console.New("", "")
	con.Record(l)
	con.Event("something", "ae", "X")
	b := make([]byte, 4096)
	sink.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := sink.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	if r := decode(t, b[:n]); r["event"] != "something" || r["ae"] != "X" {
		t.Errorf("%v", r)
	}
}

func TestBadOptions(t *testing.T) {
	for _, opt := range []Options{{Targets: []string{"paper"}, Level: "info"}, {Targets: []string{"stderr"}, Level: "loud"}, {Targets: []string{"file"}, Level: "info", File: filepath.Join(t.TempDir(), "no", "such")}} {
		if l, err := Open(opt); err == nil || l != nil {
			t.Errorf("%+v: no error", opt)
		}
	}
	if l, err := Open(Options{Level: "info"}); l != nil || err != nil {
		t.Errorf("without targets: %v %v", l, err)
	}
}
