package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"conquest/dicom"
)

// lifeEvent is an event as --life:UID --json answers.
type lifeEvent struct {
	Kind, SOP, Patient, Peer, By string
	Facts                        []struct{ Name, Value string }
}

func (e *lifeEvent) fact(name string) string {
	for _, f := range e.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func (s *site) life(arg string) (list []lifeEvent) {
	s.t.Helper()
	text := s.run("--life:"+arg, "--json")
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		s.t.Fatalf("%v: %s", err, text)
	}
	return list
}

// kinds are the events in short.
func kinds(list []lifeEvent) string {
	var b []string
	for _, e := range list {
		b = append(b, strings.TrimSpace(e.Kind+" "+e.Peer))
	}
	return strings.Join(b, ", ")
}

func (s *site) kill() {
	s.t.Helper()
	s.cmd.Process.Signal(syscall.SIGKILL)
	<-s.stopped
	s.cmd = nil
}

// TestLifeLine: the life line of a study through receipt, rules, storage, two exports
// of which one fails at first, deletion and undo is complete, with a kill after each.
func TestLifeLine(t *testing.T) {
	s := newSite(t, "LifeDays = 30", "UndoHours = 24", "UndoFree = 0", "FailHoldOff = 1", "RetryDelay = 1",
		`ImportConverter0 = ifequal "%m", "CT"; set 0010,0020 to "NEW"`, "ImportConverter1 = set 0008,0080 to \"House\"", "ExportConverters = 2",
		"ExportConverter0 = forward to MYDEST", "ExportConverter1 = forward to OTHER")
	s.aemap += "OTHER 127.0.0.1 <PORT5> un\n"
	other := newAcceptor(t, s.port+5)
	s.start()
	d := numbered("OLD", 1)
	uid := d.String(dicom.SOPInstanceUID)
	s.store(d)
	s.kill()
	s.start()
	if got := kinds(s.life(uid)); !strings.HasPrefix(got, "stored PROBE") {
		t.Fatalf("after a kill: %s", got)
	}
	await(t, "the first export", func() bool { return len(other.seen()) > 0 && strings.Contains(kinds(s.life(uid)), "failed MYDEST") })
	s.kill()
	dest := newAcceptor(t, s.port+4)
	s.start()
	await(t, "the second export", func() bool { return len(dest.seen()) > 0 && strings.Contains(kinds(s.life(uid)), "sent MYDEST") })
	s.kill()
	s.start()
	s.run("--deletepatient:NEW")
	s.kill()
	s.start()
	s.run("--undo:" + s.deeds()[0].ID)
	s.kill()
	s.start()
	list := s.life(uid)
	var short []string
	for _, e := range list {
		if k := strings.TrimSpace(e.Kind + " " + e.Peer); len(short) == 0 || short[len(short)-1] != k {
			short = append(short, k)
		}
	}
	got := strings.Join(short, ", ")
	for _, want := range []string{"stored PROBE", "sent OTHER", "failed MYDEST", "sent MYDEST", "deleted", "restored"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	e := list[0]
	for name, want := range map[string]string{
		"syntax": dicom.ExplicitLittleEndian, "rule": "ImportConverter0", "did": `set 0010,0020 to "NEW"`, "patient before": "OLD",
		"patient after": "NEW", "device": "MAG0", "association": "0",
	} {
		if e.fact(name) != want {
			t.Errorf("%s is %q, want %q: %+v", name, e.fact(name), want, e)
		}
	}
	if !strings.HasPrefix(e.By, "PROBE at 127.0.0.1 by C-STORE") || e.Patient != "NEW" || !strings.HasPrefix(e.fact("file"), "NEW/") {
		t.Errorf("%+v", e)
	}
	for _, arg := range []string{"patient=NEW", "accession=" + d.String(dicom.AccessionNumber), d.String(dicom.StudyInstanceUID), "ae=MYDEST", ",since=1h", "kind=stored"} {
		if len(s.life(arg)) == 0 {
			t.Errorf("%s: nothing", arg)
		}
	}
	for arg, want := range map[string]string{
		uid: "did: set 0010,0020 to \"NEW\"", uid + ",why=MYDEST": "it was sent to MYDEST", uid + ",why=NOBODY": "ExportConverter0",
		"1.2.3.4": "nothing is known", "x,bad": "has no name", ",since=never": "is no time",
	} {
		if out := s.run("--life:" + arg); !strings.Contains(out, want) {
			t.Errorf("%s: %s", arg, out)
		}
	}
}

// TestLifeOfChangedAndRefused: a modification is told of both objects; what rules
// refuse or destroy is known too.
func TestLifeOfChangedAndRefused(t *testing.T) {
	s := newSite(t, "LifeDays = 30", `ImportConverter0 = ifequal "%V0010,0020", "BAD"; reject`, `ImportConverter1 = ifequal "%V0010,0020", "GONE"; destroy`).start()
	bad, gone, good := numbered("BAD", 1), numbered("GONE", 2), numbered("GOODONE", 3)
	s.status(bad)
	s.store(gone, good)
	if a, b := kinds(s.life("patient=BAD")), kinds(s.life("patient=GONE")); a != "refused PROBE" || b != "destroyed PROBE" {
		t.Errorf("%q, %q", a, b)
	}
	s.run(`--modifier:GOODONE,,,,1,newuids; set 0010,0020 to "BETTER"`)
	old := s.life(good.String(dicom.SOPInstanceUID))
	if kinds(old) != "stored PROBE, changed, changed" && kinds(old) != "stored PROBE, changed" {
		t.Fatalf("old: %s", kinds(old))
	}
	became := old[1].fact("became object")
	if fresh := s.life(became); len(fresh) == 0 || fresh[len(fresh)-1].Patient != "BETTER" || !strings.Contains(fresh[len(fresh)-1].By, "command modifier") {
		t.Errorf("new: %+v", fresh)
	}
}

// TestLifeLineOutOfOrder: with a life line that can not be opened, or written, stores
// go on.
func TestLifeLineOutOfOrder(t *testing.T) {
	s := newSite(t, "LifeDays = 30", "LifeFile = <DIR>/data")
	s.start()
	s.store(numbered("P", 1))
	if n := strings.Count(s.log(), "there is no life line"); n != 1 || s.count("P") != 1 {
		t.Errorf("said %d times, %d objects\n%s", n, s.count("P"), s.log())
	}
	if out := s.run("--life:"); !strings.Contains(out, "LifeDays is 0") && !strings.Contains(out, "no life line") {
		t.Errorf("answer %q", out)
	}
	s.stop()
	// /dev/full takes nothing.
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	if err := os.Symlink("/dev/full", filepath.Join(s.dir, "life.db3.log")); err != nil {
		t.Fatal(err)
	}
	s.ini = strings.Replace(s.ini, "LifeFile = <DIR>/data", "LifeFile = <DIR>/life.db3", 1)
	s.start()
	for n := range 3 {
		s.store(numbered("FULL", n))
	}
	if n := strings.Count(s.log(), "life line can not be written"); n != 1 || s.count("FULL") != 3 {
		t.Errorf("said %d times, %d objects\n%s", n, s.count("FULL"), s.log())
	}
}

// TestWithoutLifeLine: nothing is made where the key is not there.
func TestWithoutLifeLine(t *testing.T) {
	s := newSite(t).start()
	s.store(numbered("P", 1))
	found, _ := filepath.Glob(filepath.Join(s.dir, "data", "*", "life*"))
	if len(found) > 0 {
		t.Errorf("made %q", found)
	}
	if out := s.run("--life:1.2"); !strings.Contains(out, "LifeDays is 0") {
		t.Errorf("answer %q", fmt.Sprint(out))
	}
}
