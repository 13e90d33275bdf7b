package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"conquest/dicom"
	"conquest/dimse"
)

// webMap is a site that knows DICOMweb servers.
func (s *site) webMap(lines ...string) *site {
	s.t.Helper()
	s.write("dicomweb.map", "# DICOMweb servers\n"+strings.Join(lines, "\n")+"\n")
	return s
}

// moveTo asks the site to move what a patient has to a destination.
func (s *site) moveTo(patient, destination string) (*dimse.Response, error) {
	s.t.Helper()
	a := s.dial(nil, dimse.PatientRootMove)
	defer a.Release(context.Background())
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.QueryRetrieveLevel, "PATIENT")
	keys.SetString(dicom.PatientID, patient)
	return a.Move(context.Background(), dimse.Query{SOPClassUID: dimse.PatientRootMove, Identifier: keys, Destination: destination}, nil)
}

// TestWebDestinations: objects go to a DICOMweb server by an export converter, a
// delayed forward, a C-MOVE and a script, and from it as virtual server.
func TestWebDestinations(t *testing.T) {
	archive, root := newWebSite(t)
	archive.start()
	awaitWeb(t, root)
	peer := "PEER " + root + "/dicom-web batch=2"
	s := newSite(t, "ExportConverters = 1", `ExportConverter0 = ifequal "%i", "EXPORT"; forward compressed as j2 to WEB:PEER`,
		`ImportConverter0 = ifequal "%i", "DELAYED"; forward study to web:peer after 1`).webMap(peer)
	s.start()
	if out := s.run("--web_echo:PEER"); strings.TrimSpace(out) != "PEER is UP" {
		t.Errorf("web_echo: %q", out)
	}
	if out := s.run("--web_echo:NOBODY"); !strings.Contains(out, "DOWN") || !strings.Contains(out, "dicomweb.map") {
		t.Errorf("web_echo of none: %q", out)
	}
	five := func(patient string, n int) (list []*dicom.Dataset) {
		study := fmt.Sprint("1.2.77.", n)
		for i := range 5 {
			list = append(list, image(patient, study, study+".1", fmt.Sprint(study, ".1.", i), i))
		}
		return list
	}
	s.store(five("EXPORT", 1)...)
	s.store(five("DELAYED", 2)...)
	s.store(five("MOVED", 3)...)
	for _, patient := range []string{"EXPORT", "DELAYED"} {
		await(t, patient, func() bool { return archive.count(patient) == 5 })
	}
	r, err := s.moveTo("MOVED", "WEB:PEER")
	if err != nil || r.Command.Progress.Completed != 5 || archive.count("MOVED") != 5 {
		t.Errorf("move: %v, %d objects\n%s", err, archive.count("MOVED"), s.log())
	}
	if _, err := s.moveTo("MOVED", "WEB:NOBODY"); err == nil || !strings.Contains(err.Error(), "acrnema.map") {
		t.Errorf("move to none: %v", err)
	}
	if answer, err := http.Get(root + "/dicom-web/instances?PatientID=EXPORT"); err != nil {
		t.Error(err)
	} else {
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if strings.Count(string(text), `"1.2.840.10008.1.2.4.57"`) != 5 {
			t.Errorf("objects are not compressed as asked: %s", text)
		}
	}
	v := newSite(t, "VirtualServerFor0 = WEB:PEER").webMap(peer)
	v.start()
	if n := v.count("MOVED"); n != 5 {
		t.Errorf("%d objects of a virtual server, want 5\n%s", n, v.log())
	}
	dest := newAcceptor(t, v.port+4)
	if r, err := v.moveTo("MOVED", "MYDEST"); err != nil || r.Command.Progress.Completed != 5 || len(dest.seen()) != 5 {
		t.Errorf("move from a virtual server: %v, %d objects\n%s", err, len(dest.seen()), v.log())
	}
	archive.stop()
	if n := v.count("MOVED"); n != 5 {
		t.Errorf("%d objects without the virtual server, want 5", n)
	}
}

// TestWebDestinationTroubles: what a DICOMweb server refuses is a dead letter with
// its reason, what it has no room for is kept and sent later, and a server that
// does not let us in holds all.
func TestWebDestinationTroubles(t *testing.T) {
	var mu sync.Mutex
	answers := map[string]string{} // by a part of the body: the rest of the answer
	got := map[string]int{}
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		for part, answer := range answers {
			if !strings.Contains(string(body), part) {
				continue
			}
			sop := part
			got[part]++
			var status int
			var reason string
			fmt.Sscan(answer, &status, &reason)
			w.WriteHeader(status)
			switch {
			case reason != "":
				fmt.Fprintf(w, `{"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":[%q]},"00081197":{"vr":"US","Value":[%s]}}]}}`, sop, reason)
			case status == http.StatusOK:
				fmt.Fprintf(w, `{"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":[%q]}}]}}`, sop)
			}
			return
		}
	}))
	defer peer.Close()
	say := func(sop, answer string) {
		mu.Lock()
		defer mu.Unlock()
		answers[sop] = answer
	}
	seen := func(sop string) int {
		mu.Lock()
		defer mu.Unlock()
		return got[sop]
	}
	s := newSite(t, "ExportConverters = 1", "ExportConverter0 = forward to WEB:PEER", "FailHoldOff = 1", "RetryDelay = 1").webMap("PEER " + peer.URL + "/dicom-web")
	s.start()
	say("1.2.5.1.1", "202 290") // SOP class
	s.store(image("TROUBLE", "1.2.5", "1.2.5.1", "1.2.5.1.1", 1))
	await(t, "dead letter", func() bool { return strings.Contains(s.run("--deadletters:"), "SOP class is not supported (0122)") })
	say("1.2.5.1.2", "202 42752") // no room
	s.store(image("TROUBLE", "1.2.5", "1.2.5.1", "1.2.5.1.2", 2))
	await(t, "a second attempt", func() bool { return seen("1.2.5.1.2") > 1 })
	if out := s.run("--queues:"); !strings.Contains(out, "WEB:PEER") {
		t.Errorf("queues:\n%s", out)
	}
	say("1.2.5.1.2", "401")
	await(t, "a refusal of entry", func() bool { return strings.Contains(s.log(), "HTTP 401") })
	say("1.2.5.1.2", "200")
	await(t, "an empty queue", func() bool { return strings.Contains(s.run("--queues:"), "      0       0       1 ") })
	say("1.2.5.1.1", "200")
	if out := s.run("--deadletters_retry:all"); out != "1 to be done again\n" {
		t.Errorf("retry: %q", out)
	}
	await(t, "the letter", func() bool { return strings.Contains(s.run("--queues:"), "      0       0       0 ") })
}

// TestWebOrthanc: an independent DICOMweb server as destination and as virtual
// server.
func TestWebOrthanc(t *testing.T) {
	const plugin = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
	if _, err := os.Stat(plugin); err != nil {
		t.Skip("the package orthanc-dicomweb is not installed")
	}
	s := newSite(t, "ExportConverters = 1", "ExportConverter0 = forward to WEB:ORTHANC", "VirtualServerFor0 = WEB:ORTHANC").webMap("ORTHANC http://127.0.0.1:<PORT3>/dicom-web")
	o := startOrthanc(t, s, plugin)
	s.start()
	for i := range 5 {
		s.store(image("WEBORTH", "1.2.3.51.1", "1.2.3.51.1.1", fmt.Sprintf("1.2.3.51.1.1.%d", i+1), i+1))
	}
	await(t, "objects at Orthanc", func() bool { return len(o.instances()) == 5 })
	if out := s.run("--web_echo:ORTHANC"); strings.TrimSpace(out) != "ORTHANC is UP" {
		t.Errorf("web_echo: %q", out)
	}
	s.run("--deletepatient:WEBORTH")
	if n := s.count("WEBORTH"); n != 5 {
		t.Errorf("%d objects of Orthanc as virtual server, want 5\n%s", n, s.log())
	}
	dest := newAcceptor(t, s.port+4)
	if r, err := s.moveTo("WEBORTH", "MYDEST"); err != nil || r.Command.Progress.Completed != 5 || len(dest.seen()) != 5 {
		t.Errorf("move: %v, %d objects\n%s", err, len(dest.seen()), s.log())
	}
}
