package server_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// status is what storing an object is answered with.
func (s *site) status(d *dicom.Dataset) dimse.Status {
	s.t.Helper()
	a := s.dial([]string{dicom.ExplicitLittleEndian}, d.String(dicom.SOPClassUID))
	defer a.Release(context.Background())
	_, err := a.Store(context.Background(), dimse.StoreRequest{
		SOPClassUID: d.String(dicom.SOPClassUID), SOPInstanceUID: d.String(dicom.SOPInstanceUID), Data: dimse.NewData(d),
	})
	var status *dimse.StatusError
	switch {
	case errors.As(err, &status):
		return status.Status
	case err != nil:
		s.t.Fatal(err)
	}
	return dimse.Success
}

func numbered(patient string, n int) *dicom.Dataset {
	study := "1.2.8." + fmt.Sprint(len(patient))
	return image(patient, study, study+".1", fmt.Sprint(study, ".1.", n), n)
}

// TestDeadLetters: what a destination refuses stands in the list with all that is
// needed, the others go on, and the commands work on it.
func TestDeadLetters(t *testing.T) {
	s := newSite(t, "ExportConverters = 1", "ExportConverter0 = forward to MYDEST", "FailHoldOff = 1", "RetryDelay = 1").start()
	dest := newAcceptor(t, s.port+4)
	dest.reset(behaviour{Statuses: []int{0xa900, 0}})
	s.store(numbered("LETTER", 1), numbered("LETTER", 2))
	await(t, "dead letter", func() bool { return strings.Contains(s.run("--deadletters:"), "LETTER") })
	list := s.run("--deadletters:MYDEST")
	if strings.Count(list, "\n") != 1 || !strings.Contains(list, "(patient LETTER) to MYDEST: forward: send: status A900") || !strings.Contains(list, "1.2.8.6") {
		t.Errorf("list:\n%s", list)
	}
	if q := s.run("--queues:"); !strings.Contains(q, "dead") || !strings.Contains(q, "      0       0       1 ") {
		t.Errorf("queues:\n%s", q)
	}
	dest.reset(behaviour{})
	if out := s.run("--deadletters_retry:all"); out != "1 to be done again\n" {
		t.Errorf("retry: %q", out)
	}
	await(t, "the letter", func() bool { return len(dest.seen()) == 1 })
	for command, want := range map[string]string{
		"deadletters_skip:ExportQueue": "say", "deadletters_retry:": "say which", "deadletters_move:all": "SELECTION,AE",
		"deadletters_move:all,NOBODY": "not known", fmt.Sprintf("deadletters_skip:ExportQueue%d_0/99", s.port): "no dead letter 99",
		"queue_resume:MYDEST": "not paused",
	} {
		if out := s.run("--" + command); !strings.Contains(out, want) && !(want == "say" && strings.Contains(out, "QUEUE/NUMBER")) {
			t.Errorf("%s: %q", command, out)
		}
	}
}

// TestPausedDestination: it gets nothing, also after a restart, until it is resumed;
// others of the same converter go on.
func TestPausedDestination(t *testing.T) {
	s := newSite(t, "ExportConverters = 1", "ExportConverter0 = forward to OTHER; forward to MYDEST", "FailHoldOff = 1", "RetryDelay = 1")
	s.aemap += "OTHER 127.0.0.1 <PORT5> un\n"
	s.start()
	dest, other := newAcceptor(t, s.port+4), newAcceptor(t, s.port+5)
	if out := s.run("--queue_pause:MYDEST"); out != "MYDEST is paused\n" {
		t.Fatalf("pause: %q", out)
	}
	s.store(numbered("HELD", 1), numbered("HELD", 2))
	await(t, "the other destination", func() bool { return len(other.seen()) == 2 })
	await(t, "the list", func() bool {
		return strings.Contains(s.run("--deadletters:"), "MYDEST: 2 wait, 0 dead letters, paused since")
	})
	s.stop()
	if !strings.Contains(s.log(), "2 queue entries are left to the next start") {
		t.Error("what is left is not said")
	}
	s.start()
	time.Sleep(1200 * time.Millisecond) // longer than RetryDelay
	if n := len(dest.seen()); n != 0 {
		t.Errorf("a paused destination got %d objects", n)
	}
	s.run("--queue_resume:MYDEST")
	await(t, "what was held", func() bool { return len(dest.seen()) == 2 })
	if n := len(other.seen()); n != 2 {
		t.Errorf("the other destination got %d objects, want 2", n)
	}
}

// TestWarningIsDelivered: a delayed forward that is answered with a warning is done.
func TestWarningIsDelivered(t *testing.T) {
	s := newSite(t, "ForwardCollectDelay = 1", "FailHoldOff = 1", "RetryDelay = 1", "RetryForwardRemoteDICOMError = 1",
		"ImportConverter0 = forward image to MYDEST; destroy").start()
	dest := newAcceptor(t, s.port+4)
	dest.reset(behaviour{Statuses: []int{0xb000, 0xb000, 0xb000}})
	s.store(numbered("WARN", 1))
	await(t, "removal of the object", func() bool { return s.count("WARN") == 0 })
	await(t, "an empty queue", func() bool { return !strings.Contains(s.run("--queues:"), "MYDEST") })
	if n := len(dest.seen()); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// TestOnlyFailedAgain: of a delayed forward that failed in part only the objects that
// failed are sent again.
func TestOnlyFailedAgain(t *testing.T) {
	s := newSite(t, "FailHoldOff = 1", "RetryDelay = 1", "RetryForwardRemoteDICOMError = 1",
		"ImportConverter0 = forward study to MYDEST after 1").start()
	dest := newAcceptor(t, s.port+4)
	dest.reset(behaviour{Statuses: []int{0, 0xa900, 0}})
	s.store(numbered("PART", 1), numbered("PART", 2), numbered("PART", 3))
	await(t, "all objects", func() bool { return len(dest.seen()) >= 4 })
	await(t, "an empty queue", func() bool { return strings.Contains(s.run("--queues:"), "      0       0       0 ") })
	counts := map[string]int{}
	for _, b := range dest.seen() {
		uid := parseImplicit(t, b).String(dicom.SOPInstanceUID)
		counts[uid[strings.LastIndexByte(uid, '.')+1:]]++
	}
	if fmt.Sprint(counts) != "map[1:1 2:2 3:1]" {
		t.Errorf("sent %v", counts)
	}
}

// TestLoopGuard: an object that the server forwards to itself stops going round.
func TestLoopGuard(t *testing.T) {
	s := newSite(t, "ExportConverters = 1", "ExportConverter0 = forward to CONQUESTSRV1", "LoopGuard = 5").start()
	s.store(numbered("ROUND", 1))
	await(t, "dead letter", func() bool { return strings.Contains(s.run("--deadletters:"), "LoopGuard") })
	if n := strings.Count(s.log(), ": forward "); n > 8 {
		t.Errorf("forwarded %d times", n)
	}
	if n := s.count("ROUND"); n != 1 {
		t.Errorf("%d objects", n)
	}
}

// TestScriptFailure: an object whose converter fails is not stored where the site
// says so; one in quarantine arrives once more when the rule is mended.
func TestScriptFailure(t *testing.T) {
	s := newSite(t, "ImportConverter0 = nowhere.cq", "ScriptFailure = quarantine").start()
	if status := s.status(numbered("APART", 1)); status != dimse.Success {
		t.Fatalf("status %s", status)
	}
	if n := s.count("APART"); n != 0 {
		t.Errorf("%d objects are stored", n)
	}
	if list := s.run("--deadletters:"); !strings.Contains(list, "quarantine/") || !strings.Contains(list, "(patient APART) to ImportConverter0: Importconverter0.0") {
		t.Errorf("list:\n%s", list)
	}
	if out := s.run("--deadletters_retry:quarantine"); !strings.Contains(out, "failed again") {
		t.Errorf("released though the rule fails: %q", out)
	}
	s.stop()
	s.ini = strings.Replace(s.ini, "nowhere.cq", "nop mended", 1)
	s.start()
	if out := s.run("--deadletters_retry:quarantine"); !strings.HasPrefix(out, "1 ") {
		t.Errorf("release: %q", out)
	}
	if n := s.count("APART"); n != 1 {
		t.Errorf("%d objects are stored", n)
	}
	if left, _ := os.ReadDir(filepath.Join(s.dir, "data", "quarantine")); len(left) != 0 {
		t.Errorf("left in quarantine: %v", left)
	}
}

func TestLuaFailureRejects(t *testing.T) {
	s := newSite(t, "ScriptFailure = reject", "[lua]", "ImportConverter0 = error('no')").start()
	if status := s.status(numbered("LUA", 1)); status != 0x0110 {
		t.Errorf("status %s", status)
	}
	if n := s.count("LUA"); n != 0 {
		t.Errorf("%d objects are stored", n)
	}
}

// TestDrain: no new objects, what is queued is done, then the server ends.
func TestDrain(t *testing.T) {
	s := newSite(t, "ExportConverters = 1", "ExportConverter0 = forward to MYDEST", "FailHoldOff = 1", "RetryDelay = 1",
		"ImportConverter0 = forward image to MYDEST after 600").start()
	s.store(numbered("DRAIN", 1))
	s.run("--drain:")
	await(t, "refusal", func() bool { return s.status(numbered("DRAIN", 2)) == dimse.OutOfResources })
	dest := newAcceptor(t, s.port+4)
	select {
	case <-s.stopped:
	case <-time.After(20 * time.Second):
		t.Fatalf("the server does not end:\n%s\n%s", s.run("--queues:"), s.log())
	}
	if n := len(dest.seen()); n != 2 { // exported and forwarded
		t.Errorf("the destination got %d objects", n)
	}
	s.cmd = nil
}

// TestWaitsForThePort: while nobody answers there the server waits, and says so once.
func TestWaitsForThePort(t *testing.T) {
	s := newSite(t)
	s.configure()
	held := bound(t, s.port)
	done := make(chan struct{})
	go func() {
		defer close(done)
		await(t, "line", func() bool { return strings.Contains(s.log(), "Waiting for port") })
		time.Sleep(600 * time.Millisecond)
		held()
	}()
	s.start()
	<-done
	if n := strings.Count(s.log(), "Waiting for port"); n != 1 {
		t.Errorf("said %d times", n)
	}
	other := s.copyOf(t)
	other.port = s.port
	other.configure()
	began := time.Now()
	if out := other.run("-v"); !strings.Contains(out, "***Failed to Listen () - bind error") || time.Since(began) > 10*time.Second {
		t.Errorf("a port that another server has: %s after %s", out, time.Since(began))
	}
}

// TestWorkersShareNoVariables: with several workers the variables of one object are
// not seen by another.
func TestWorkersShareNoVariables(t *testing.T) {
	s := newSite(t, "ExportConverters = 1", "DelayedForwarderThreads = 4", "ExportConverter0 = call remember",
		"[scripts]", `remember = set x to "%V0008,0018"; append "%x %V0008,0018%n" to out.txt`).start()
	var objects []*dicom.Dataset
	for n := range 200 {
		objects = append(objects, numbered("VARS", n))
	}
	s.store(objects...)
	var text string
	await(t, "all exports", func() bool {
		data, _ := os.ReadFile(filepath.Join(s.dir, "out.txt"))
		text = string(data)
		return strings.Count(text, "\n") >= len(objects)
	})
	for line := range strings.Lines(text) {
		if a, b, _ := strings.Cut(strings.TrimSpace(line), " "); a != b || a == "" {
			t.Fatalf("line %q", line)
		}
	}
}
