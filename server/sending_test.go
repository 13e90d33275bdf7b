package server_test

import (
	"fmt"
	"strings"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// sendingSite has a patient with two series, the images of the first not in
// order of their UIDs, and a destination.
func sendingSite(t *testing.T) (*site, *acceptor) {
	s := newSite(t).start()
	const study = "1.2.3.90.1"
	var objects []*dicom.Dataset
	for _, n := range []int{1, 2, 10} {
		objects = append(objects, image("SEND", study, study+".1", fmt.Sprint(study, ".1.", n), n))
	}
	s.store(append(objects, image("SEND", study, study+".2", study+".2.1", 1))...)
	return s, newAcceptor(t, s.port+4)
}

// sent are the last digits of the objects in the order they came, after a C-MOVE
// with these keys by a requester that called the server so.
func sent(t *testing.T, s *site, dest *acceptor, called string, keys map[string]any, more ...field) string {
	t.Helper()
	dest.reset(behaviour{})
	w := must(t, s.addr(), request(called, "PROBE", proposed([]string{dimse.StudyRootMove}, nil)...))
	fields := append([]field{{dimse.TagAffectedSOPClassUID, dimse.StudyRootMove}, {dimse.TagCommandField, 0x21}, {dimse.TagMessageID, 11},
		{dimse.TagPriority, 0}, {dimse.TagMoveDestination, "MYDEST"}}, more...)
	w.send(1, fields, encodeKeys(keys))
	for {
		m, err := w.receive()
		if err != nil {
			t.Fatal(err)
		}
		if m.number(dimse.TagStatus) != 0xff00 {
			break
		}
	}
	var list []string
	for _, b := range dest.seen() {
		uid := parseImplicit(t, b).String(dicom.SOPInstanceUID)
		list = append(list, strings.TrimPrefix(uid, "1.2.3.90.1."))
	}
	return strings.Join(list, " ")
}

// TestSendingOrder: the order in which the original sends what it finds.
func TestSendingOrder(t *testing.T) {
	s, dest := sendingSite(t)
	for _, c := range []struct {
		key, value, want string
	}{
		{"0020,000d", "1.2.3.90.1", "1.1 1.2 1.10 2.1"},
		{"0010,0020", "SEND", "1.1 1.2 1.10 2.1"},
		{"0020,000e", `1.2.3.90.1.2\1.2.3.90.1.1`, "1.1 1.2 1.10 2.1"},
		{"0008,0050", "ACC90.1", "1.1 1.10 1.2 2.1"},
		{"0010,0010", "test*", "1.1 1.10 1.2 2.1"},
		{"0008,0018", `1.2.3.90.1.2.1\1.2.3.90.1.1.2\1.2.3.90.1.1.10`, "1.10 1.2 2.1"},
	} {
		if got := sent(t, s, dest, s.ae, map[string]any{"0008,0052": "STUDY", c.key: c.value}); got != c.want {
			t.Errorf("%s %q: sent %s, want %s", c.key, c.value, got, c.want)
		}
	}
}

// TestPartOfRetrieval: (9999,0500) counts before (9999,0B00), and a part beyond
// the last is the first.
func TestPartOfRetrieval(t *testing.T) {
	s, dest := sendingSite(t)
	keys := func(split string) map[string]any {
		return map[string]any{"0008,0052": "STUDY", "0020,000d": "1.2.3.90.1", "9999,0b00": split}
	}
	for _, c := range []struct {
		split, want string
		slices      int
	}{
		{"1/2", "1.2 2.1", 4}, {"1/2", "1.2", 3}, {"3/2", "1.1 1.10", 4}, {"2", "1.1 1.2 1.10 2.1", 9}, {"0/1", "1.1", 1},
	} {
		if got := sent(t, s, dest, s.ae, keys(c.split), field{0x99990500, c.slices}); got != c.want {
			t.Errorf("part %q of %d: sent %s, want %s", c.split, c.slices, got, c.want)
		}
	}
	for _, line := range []string{"Number of Images to send: 4\n", "Reduced to: 2\n"} {
		if !strings.Contains(s.log(), line) {
			t.Errorf("log lacks %q", line)
		}
	}
}

// TestPortSuffix: ~pN behind the called AE is added to the port of acrnema.map.
func TestPortSuffix(t *testing.T) {
	s, _ := sendingSite(t)
	other := newAcceptor(t, s.port+7)
	keys := map[string]any{"0008,0052": "IMAGE", "0008,0018": "1.2.3.90.1.1.1"}
	for _, suffix := range []string{"~p3", "~P3"} {
		if got := sent(t, s, other, s.ae+suffix, keys); got != "1.1" {
			t.Errorf("%s: sent %q", suffix, got)
		}
	}
}

// TestRequestsWithoutIdentifier are unknown commands.
func TestRequestsWithoutIdentifier(t *testing.T) {
	s := newSite(t).start()
	for code, class := range map[int]string{0x20: dimse.StudyRootFind, 0x21: dimse.StudyRootMove, 0x10: dimse.StudyRootGet} {
		w := must(t, s.addr(), request(s.ae, "PROBE", proposed([]string{class}, nil)...))
		w.send(1, []field{{dimse.TagAffectedSOPClassUID, class}, {dimse.TagCommandField, code}, {dimse.TagMessageID, 1},
			{dimse.TagPriority, 0}, {dimse.TagMoveDestination, "MYDEST"}}, nil)
		if p, err := w.pdu(); err != nil || p.Type() != dimse.PDUReleaseRQ {
			t.Errorf("%04x: %v %v, want a release", code, p, err)
		}
	}
}

// TestLogOfRefusedAssociations has the lines of the original, which scrapers read.
func TestLogOfRefusedAssociations(t *testing.T) {
	s := newSite(t)
	s.sops = "friend GOOD RemoteAE\nown CONQUESTSRV1 LocalAE\ncontext 1.2.840.10008.3.1.1.1 application\necho 1.2.840.10008.1.1 sop\nimplicit 1.2.840.10008.1.2 transfer\n"
	s.start()
	mark := len(s.log())
	try := func(called, calling, context, syntax string) string {
		rq := request(called, calling, proposed([]string{dimse.Verification}, map[string]string{dimse.Verification: syntax})...)
		rq.ApplicationContext = context
		w, _ := wireTo(t, s.addr(), rq, nil)
		if w.ac != nil {
			w.release()
		}
		w.conn.Close()
		end := "connection terminated\n"
		await(t, "log", func() bool { return strings.Contains(s.log()[mark:], end) })
		text := s.log()[mark:]
		mark += strings.Index(text, end) + len(end)
		return text
	}
	const context = dimse.ApplicationContextName
	for _, c := range []struct{ called, calling, context, syntax, want string }{
		{s.ae, "BAD", context, dicom.ImplicitLittleEndian, "***Calling AE title not accepted\n"},
		{"BAD", "GOOD", context, dicom.ImplicitLittleEndian, "***Called AE title not accepted\n"},
		{s.ae, "GOOD", "1.2.3", dicom.ImplicitLittleEndian, "***AppContext Not-Supported\n"},
		{s.ae, "GOOD", context, dicom.RLELossless, "***No valid presentation contexts/transfer syntax found in 1 candidates\n***In 1 presentation contexts\n***#Possible transfer syntaxes: 1\n"},
	} {
		got := try(c.called, c.calling, c.context, c.syntax)
		if !strings.Contains(got, c.want) || !strings.Contains(got, "*** multiplex: connection terminated\n") || strings.Contains(got, "UPACS") {
			t.Errorf("want %q, log has %q", c.want, got)
		}
	}
	if got := try(s.ae, "GOOD", context, dicom.ImplicitLittleEndian); strings.Contains(got, "Presentation Context") || !strings.Contains(got, "STARTED AT") {
		t.Errorf("association without a command: %q", got)
	}
}

// TestEchoCommand: --echo: sends message 2, as the original does.
func TestEchoCommand(t *testing.T) {
	s := newSite(t).start()
	dest := newAcceptor(t, s.port+4)
	if out := s.run("--echo:MYDEST"); !strings.Contains(out, "MYDEST is UP") {
		t.Errorf("answer %q", out)
	}
	for _, e := range dest.events() {
		if e[0] != "CMD" {
			continue
		}
		if id := e[1].(map[string]any)["cmd"].(map[string]any)["0000,0110"]; fmt.Sprint(id) != "2" {
			t.Errorf("message ID %v", id)
		}
		return
	}
	t.Error("no echo arrived")
}
