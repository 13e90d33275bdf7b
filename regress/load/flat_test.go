//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/regress/rig"
)

// TestServerStaysFlat lets a server with Lua converters store, send and answer
// for half a minute: what it holds after a third of it is what it holds at the
// end.
func TestServerStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	binary, err := rig.Binary()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rig.Clean)
	dest, err := newAcceptor()
	if err != nil {
		t.Fatal(err)
	}
	defer dest.close()
	o := &options{dgate: binary, dir: t.TempDir(), ini: stringList{
		"ImportConverter0 = lua:Data.PatientComments = Data.PatientID",
		"ExportConverters = 1", "ExportConverter0 = lua:local name = Data.PatientName",
	}}
	p, err := startPeer(o, "dgate", dest.port())
	if p != nil {
		defer p.stop()
	}
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{dest: dest, templates: map[string]*template{}, images: 200}
	work := map[string]int{"echo": 200, "assoc-echo": 40, "store-small-4": 200, "store-ct-4": 40, "store-multiframe-1": 1, "single-4": 40, "move": 100, "get": 100, "find-patient": 100, "mixed": 40}
	const lasts = 30 * time.Second
	var early resources
	for begin := time.Now(); time.Since(begin) < lasts; {
		for _, r := range rows() {
			if n := work[r.name]; n > 0 {
				if _, err := r.run(b, p, n); err != nil {
					t.Fatalf("%s: %v", r.name, err)
				}
			}
		}
		if early.rss == 0 && time.Since(begin) > lasts/3 {
			if early, err = held(p.pid); err != nil {
				t.Fatal(err)
			}
		}
	}
	late, err := held(p.pid)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(p.dir, "server.log"))
	if at := strings.Index(string(log), "*** "); err != nil || at >= 0 {
		t.Errorf("log: %v, %.200s", err, log[max(at, 0):])
	}
	t.Logf("after a third %+v, at the end %+v", early, late)
	if late.rss > early.rss*5/4+8<<10 {
		t.Errorf("resident memory grew from %d to %d kB", early.rss, late.rss)
	}
	if late.threads > early.threads+8 || late.files > early.files+16 {
		t.Errorf("held %+v, then %+v", early, late)
	}
}
