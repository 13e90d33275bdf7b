package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"conquest/dicom"
	"conquest/storage"
)

// taken is a line of the list of what can be taken back.
type taken struct {
	ID, Kind, What, By string
	Objects            int
}

func (s *site) deeds() (list []taken) {
	s.t.Helper()
	text := s.run("--undo", "--json")
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		s.t.Fatalf("%v: %s", err, text)
	}
	return list
}

// state is the index and the files in words: rows by patient, and number of files.
func (s *site) state() string {
	files := 0
	storage.WalkObjects(s.t.Context(), filepath.Join(s.dir, "data"), func(p string) error {
		if strings.HasSuffix(p, ".dcm") {
			files++
		}
		return nil
	}, func(error) {})
	return fmt.Sprintf("A %d, B %d, files %d", s.count("A"), s.count("B"), files)
}

// TestUndo: what the commands delete, modify and merge comes back, and what an undo
// replaced too; DICOMweb tells what was deleted from what never was.
func TestUndo(t *testing.T) {
	s := newSite(t, "UndoHours = 24", "UndoFree = 0", "HTTPPort = <PORT8>", "WEBReadOnly = 0", "DICOMwebDelete = 1").start()
	study := "1.2.77"
	var objects []*dicom.Dataset
	for i := range 3 {
		objects = append(objects, image("A", study, fmt.Sprint(study, ".", i), fmt.Sprint(study, ".", i, ".1"), i))
	}
	s.store(objects...)
	whole := s.state()
	if whole != "A 3, B 0, files 3" {
		t.Fatal(whole)
	}
	for _, tt := range []struct{ command, kind, after string }{
		{"--deletepatient:A", "deleted", "A 0, B 0, files 0"},
		{"--deletestudy:A:" + study, "deleted", "A 0, B 0, files 0"},
		{"--deleteseries:" + study + ".1", "deleted", "A 2, B 0, files 2"},
		{"--deleteimage:" + study + ".1.1", "deleted", "A 2, B 0, files 2"},
		{`--modifier:A,,,,1,set 0010,4000 to "seen"`, "modified", "A 3, B 0, files 3"},
		{`--modifier:A,,,,1,set 0010,0020 to "B"`, "modified", "A 0, B 3, files 3"},
		{`--modifier:A,,,,1,newuids; set 0010,0020 to "B"`, "modified", "A 0, B 3, files 3"},
	} {
		s.run(tt.command)
		if got := s.state(); got != tt.after {
			t.Errorf("%s: %s, want %s\n%s", tt.command, got, tt.after, s.log())
		}
		list := s.deeds()
		if len(list) == 0 || list[0].Kind != tt.kind || !strings.Contains(list[0].By, "command "+strings.TrimPrefix(strings.SplitN(tt.command, ":", 2)[0], "--")) {
			t.Fatalf("%s: list %+v", tt.command, list)
		}
		out := s.run("--undo:" + list[0].ID)
		if !strings.HasSuffix(strings.SplitN(out, "\n", 2)[0], "0 are here again, 0 failed") {
			t.Errorf("%s: undo: %s", tt.command, out)
		}
		if got := s.state(); got != whole {
			t.Errorf("%s: after the undo %s, want %s", tt.command, got, whole)
		}
		if back := regexp.MustCompile(`--undo:(\S+)`).FindStringSubmatch(out); back != nil {
			s.run("--undo:" + back[1])
			if got := s.state(); got != tt.after {
				t.Errorf("%s: undo of the undo: %s, want %s", tt.command, got, tt.after)
			}
			s.run("--undo:" + s.deeds()[0].ID)
			if got := s.state(); got != whole {
				t.Fatalf("%s: %s", tt.command, got)
			}
		}
	}
	if out := s.run("--undo:nothing"); !strings.Contains(out, "no such deed") {
		t.Errorf("unknown: %q", out)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d/dicom-web/studies/", s.port+8)
	status := func(method, uid, more string) int {
		req, _ := http.NewRequest(method, base+uid+more, nil)
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r.StatusCode
	}
	if got := status("DELETE", study, ""); got != http.StatusNoContent {
		t.Fatalf("DELETE: %d", got)
	}
	if a, b := status("GET", study, "/metadata"), status("GET", "1.2.78", "/metadata"); a != http.StatusGone || b != http.StatusNotFound {
		t.Errorf("deleted %d, unknown %d", a, b)
	}
	list := s.deeds()
	if by := list[0].By; !strings.Contains(by, "DICOMweb") {
		t.Errorf("deleted by %q", by)
	}
	// Regeneration does not enter what is aside; it can be taken back after a restart.
	s.stop()
	s.run("-r")
	s.start()
	if got := s.state(); got != "A 0, B 0, files 0" {
		t.Errorf("after regeneration: %s", got)
	}
	s.run("--undo:" + list[0].ID)
	if got := s.state(); got != whole {
		t.Errorf("at the end: %s", got)
	}
}

// TestUndoAfterKill: a server that is killed while it deletes leaves each object
// here, or to be had back.
func TestUndoAfterKill(t *testing.T) {
	s := newSite(t, "UndoHours = 24", "UndoFree = 0")
	s.start()
	const n = 60
	for round := range 3 {
		for i := range n {
			s.store(image("A", "1.2.77", "1.2.77.1", fmt.Sprint("1.2.77.1.", i), i))
		}
		done := make(chan struct{})
		go func() { defer close(done); s.run("--deletepatient:A") }()
		await(t, "the beginning of the deletion", func() bool {
			found, _ := filepath.Glob(filepath.Join(s.dir, "data/printer_files/undo/*/*.aside"))
			return len(found) > round*10 || s.count("A") == 0
		})
		s.cmd.Process.Signal(syscall.SIGKILL)
		<-s.stopped
		<-done
		s.start()
		await(t, "recovery", func() bool { return len(s.deeds()) > 0 || s.count("A") == n })
		for _, d := range s.deeds() {
			s.run("--undo:" + d.ID)
		}
		if got := s.state(); got != fmt.Sprintf("A %d, B 0, files %d", n, n) {
			t.Errorf("round %d: %s\n%s", round, got, s.run("--undo:"))
		}
	}
}
