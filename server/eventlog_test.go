package server_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogJSON: each message stands in the file for programs too, and the lines of the
// log are the same as without it.
func TestLogJSON(t *testing.T) {
	lines := func(more ...string) (log string, dir string) {
		s := newSite(t, append(more, `ImportConverter0 = ifequal "%V0010,0020", "BAD"; reject`)...)
		s.args = []string{"-^server.txt"}
		s.start()
		s.store(numbered("GOOD", 1))
		s.status(numbered("BAD", 2))
		s.stop()
		b, err := os.ReadFile(filepath.Join(s.dir, "server.txt"))
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for line := range strings.Lines(string(b)) {
			// time and names differ
			if _, text, ok := strings.Cut(line, "] "); ok {
				line = text
			}
			line = strings.ReplaceAll(s.portNames(line), s.dir, "DIR")
			if i := strings.Index(line, "_0000_"); i >= 0 {
				line = line[:i]
			}
			if len(line) > 24 && line[19] == ' ' {
				line = line[20:]
			}
			list = append(list, strings.TrimSpace(line))
		}
		return strings.Join(list, "\n"), s.dir
	}
	plain, _ := lines()
	same, dir := lines("LogJSON = file", "LogLevel = debug")
	if len(strings.Split(plain, "\n")) != len(strings.Split(same, "\n")) {
		t.Errorf("lines without:\n%s\nwith:\n%s", plain, same)
	}
	b, err := os.ReadFile(filepath.Join(dir, "dgate.json"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		var r struct{ Time, Level, Event, Msg string }
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Time == "" || r.Level == "" || r.Event == "" {
			t.Fatalf("%v: %s", err, line)
		}
		seen[r.Event] = true
	}
	for _, want := range []string{"Running", "access", "Written"} {
		found := false
		for e := range seen {
			found = found || strings.Contains(e, want)
		}
		if !found {
			t.Errorf("no event %s in %v", want, seen)
		}
	}
}
