package outgoing_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"conquest/pacs/outgoing"
	"conquest/queue"
)

// fake is a queue that says what it is told.
type fake struct {
	name  string
	state queue.State
	dests []queue.Destination
}

func (f fake) Name() string                      { return f.name }
func (f fake) State() queue.State                { return f.state }
func (f fake) Destinations() []queue.Destination { return f.dests }
func (f fake) TryNow(string) int                 { return 0 }

func TestLines(t *testing.T) {
	now := time.Now()
	lines := outgoing.Lines([]outgoing.Source{
		{Kind: "export", Rule: "ExportConverter0", Targets: []string{"A", "B"}, Queue: fake{"ExportQueue5678_0", queue.State{Waiting: 2, Running: 1, Oldest: now}, []queue.Destination{
			{Name: "A", Held: 4, Oldest: now.Add(-time.Hour), LastError: "dial tcp 10.0.0.1:104: connect: connection refused", NextTry: now.Add(time.Minute)},
			{Name: "MOVED", Done: 3, LastDone: now},
		}}},
		{Kind: "mirror", Names: map[string]string{"/mirror/": "MIRROR0"}, Queue: fake{"CopyQueue5678", queue.State{Waiting: 1}, []queue.Destination{{Name: "/mirror/", Waiting: 1}}}},
		{Kind: "delayed", Collected: map[string]outgoing.Collected{"C": {Count: 7, Oldest: now, Due: now.Add(time.Minute)}}, Queue: fake{name: "DelayedQueue5678"}},
	}, nil)
	want := []struct {
		kind, to, state string
		waiting, held   int
		words           bool
	}{
		{"delayed", "C", outgoing.Working, 7, 0, false},
		{"export", "A", outgoing.Failing, 3, 4, true},
		{"export", "B", outgoing.Working, 3, 0, false},
		{"export", "MOVED", outgoing.Idle, 0, 0, false},
		{"mirror", "MIRROR0", outgoing.Working, 1, 0, false},
	}
	if len(lines) != len(want) {
		t.Fatalf("%+v", lines)
	}
	for i, w := range want {
		l := lines[i]
		if l.Kind != w.kind || l.Destination != w.to || l.State != w.state || l.Waiting != w.waiting || l.Held != w.held || (l.Words != "") != w.words {
			t.Errorf("%+v, want %+v", l, w)
		}
	}
	if lines[1].Oldest != now.Add(-time.Hour) || lines[2].Oldest != now {
		t.Errorf("oldest %v %v", lines[1].Oldest, lines[2].Oldest)
	}
}

// Failure files of other ports and of rules that are gone are shown as such.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"ExportFailures5678_0": 2 * 1536, "ExportFailures5678_3": 1536, "ExportFailures104_0": 1536, "CopyFailures5678": 2050, "dicom.ini": 10} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	files, err := outgoing.Files(dir, []outgoing.Source{{Queue: fake{name: "ExportQueue5678_0"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []outgoing.File{{"CopyFailures5678", "mirror", 1, false}, {"ExportFailures104_0", "export", 1, false}, {"ExportFailures5678_0", "export", 2, true}, {"ExportFailures5678_3", "export", 1, false}}
	if len(files) != len(want) {
		t.Fatalf("%+v", files)
	}
	for i := range want {
		if files[i] != want[i] {
			t.Errorf("%+v, want %+v", files[i], want[i])
		}
	}
}

func TestWords(t *testing.T) {
	for reason, known := range map[string]bool{"": false, "something new": false, "dial tcp: lookup X: no such host": true, "status A700": true} {
		if got := outgoing.Words(reason); (got != "") != known {
			t.Errorf("%q: %q", reason, got)
		}
	}
}
