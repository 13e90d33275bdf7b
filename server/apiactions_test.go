package server_test

import (
	"archive/zip"
	"bytes"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

type apiJob struct {
	ID                                uint64
	Kind, State, Error, Result, About string
	Done, Total, Failed               int
	File                              bool
}

// begin starts an action and awaits the end of its job.
func (s *apiSite) begin(path string, body any) apiJob {
	s.t.Helper()
	var out struct{ Job apiJob }
	a := s.call("POST", path, body)
	s.want(a, http.StatusAccepted, &out)
	at := strings.TrimPrefix(a.header.Get("Location"), "/api/v1")
	await(s.t, "the end of "+path, func() bool {
		s.get(at, &out.Job)
		return out.Job.State != "waiting" && out.Job.State != "running"
	})
	return out.Job
}

type tags map[string]struct{ Value []any }

func (t tags) text(tag string) string {
	if len(t[tag].Value) == 0 {
		return ""
	}
	switch v := t[tag].Value[0].(type) {
	case string:
		return v
	case map[string]any:
		return v["Alphabetic"].(string)
	}
	return "?"
}

// TestAPIActions does with a study what can be done: dry first, then in earnest.
func TestAPIActions(t *testing.T) {
	s := newAPISite(t, "ImportConverters = 1", `ImportConverter0 = ifequal "%V0010,0020", "NOBODY"; destroy`)
	s.start()
	dest := newAcceptor(t, s.port+4)
	s.store(numbered("ACTION", 1), numbered("ACTION", 2), numbered("ACTION", 3))
	const study, series, object = "/studies/1.2.8.6", "/studies/1.2.8.6/series/1.2.8.6.1", "/studies/1.2.8.6/series/1.2.8.6.1/instances/1.2.8.6.1"

	var dry struct {
		Dry    bool
		Extent struct{ Studies, Series, Objects int }
		Job    *apiJob
	}
	s.want(s.call("POST", study+"/actions/delete?dry=true", nil), 200, &dry)
	if !dry.Dry || dry.Extent.Objects != 3 || dry.Extent.Series != 1 || dry.Job != nil {
		t.Errorf("dry: %+v", dry)
	}
	var explained struct{ Text string }
	s.want(s.call("POST", object+".1/actions/explain", map[string]string{"calling": "CT"}), 200, &explained)
	if !strings.Contains(explained.Text, "ImportConverter0") || !strings.Contains(explained.Text, "from CT") {
		t.Errorf("explain: %s", explained.Text)
	}
	for path, body := range map[string]any{
		study + "/actions/send":                      map[string]string{"to": "NOBODY"},
		study + "/actions/modify":                    map[string]any{},
		study + "/actions/modify?a":                  map[string]any{"values": map[string]string{"StudyInstanceUID": "1.2"}},
		study + "/actions/modify?b":                  map[string]any{"values": map[string]string{"NoSuchThing": "1"}},
		series + "/actions/modify":                   map[string]any{"values": map[string]string{"PatientID": "X"}},
		study + "/actions/anonymize":                 map[string]any{},
		study + "/actions/merge":                     nil,
		"/actions/send":                              map[string]string{"to": "MYDEST"},
		"/actions/modify?values=tag-of-pixels&dry=1": map[string]any{"places": []any{map[string]string{"study": "1.2.8.6"}}, "values": map[string]string{"7fe00010": "x"}},
	} {
		if a := s.call("POST", path, body); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
	s.want(s.call("POST", "/studies/1.2.9/actions/delete", nil), 404, nil)

	if j := s.begin(study+"/actions/send", map[string]string{"to": "MYDEST"}); j.State != "done" || j.Done != 3 || j.Total != 3 || j.Kind != "send" {
		t.Errorf("send: %+v", j)
	}
	if n := len(dest.seen()); n != 3 {
		t.Errorf("sent %d", n)
	}
	if j := s.begin(object+".2/actions/forward", map[string]string{"to": "MYDEST"}); j.State != "done" {
		t.Errorf("forward: %+v", j)
	}
	j := s.begin("/actions/zip", map[string]any{"places": []any{map[string]string{"study": "1.2.8.6", "series": "1.2.8.6.1"}}})
	file := s.call("GET", "/jobs/"+numberOf(j.ID)+"/file", nil)
	z, err := zip.NewReader(bytes.NewReader(file.text), int64(len(file.text)))
	if err != nil || len(z.File) != 3 {
		t.Errorf("zip: %+v %d %v", j, file.status, err)
	}

	if j := s.begin(study+"/actions/modify", map[string]any{"values": map[string]string{"PatientName": "Neu^Name", "0008,1030": "what it is", "PatientID": "ACTION2"}}); j.State != "done" || j.Done != 3 {
		t.Errorf("modify: %+v\n%s", j, s.log())
	}
	var is tags
	s.get(object+".1/tags", &is)
	if is.text("00100010") != "Neu^Name" || is.text("00081030") != "what it is" || is.text("00100020") != "ACTION2" {
		t.Errorf("modified: %v", is)
	}
	if j := s.begin(object+".3/actions/delete", nil); j.State != "done" || j.Done != 1 {
		t.Errorf("delete: %+v", j)
	}
	s.store(numbered("ACTION22", 1)) // another study of the same patient
	if j := s.begin(study+"/actions/merge", map[string]any{"places": []any{map[string]string{"study": "1.2.8.8"}}}); j.State != "done" {
		t.Errorf("merge: %+v", j)
	}
	var page struct {
		Items []struct {
			UID       string
			Instances int
			Patient   struct{ ID, Name string }
		}
	}
	s.get("/studies", &page)
	all := 0
	for _, r := range page.Items {
		all += r.Instances
	}
	if all != 3 {
		t.Errorf("after the merge: %+v", page)
	}
	if j := s.begin("/studies/"+page.Items[0].UID+"/actions/anonymize", map[string]string{"patient": "ANON"}); j.State != "done" {
		t.Errorf("anonymize: %+v", j)
	}
	s.get("/studies?q=ANON", &page)
	if len(page.Items) == 0 || page.Items[0].Patient.ID != "ANON" || page.Items[0].Patient.Name != "anonymous" {
		t.Errorf("anonymized: %+v", page)
	}
}

func numberOf(id uint64) string { return strconv.FormatUint(id, 10) }

// listenSilently takes connections and says nothing.
func listenSilently(t *testing.T, port int) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestAPIJobsSurvive: a job that runs when the server is killed is there after the
// restart and goes on.
func TestAPIJobsSurvive(t *testing.T) {
	s := newAPISite(t, "TCPIPTimeOut = 30")
	s.start()
	l := listenSilently(t, s.port+4)
	s.store(numbered("KILL", 1))
	var out struct{ Job apiJob }
	s.want(s.call("POST", "/studies/1.2.8.4/actions/send", map[string]string{"to": "MYDEST"}), 202, &out)
	at := "/jobs/" + numberOf(out.Job.ID)
	await(t, "the job", func() bool { s.get(at, &out.Job); return out.Job.State == "running" })
	s.cmd.Process.Kill()
	<-s.stopped
	s.cmd = nil
	l.Close()
	newAcceptor(t, s.port+4)
	s.start()
	awaitWeb(t, strings.TrimSuffix(s.root, "/api/v1"))
	await(t, "the end of the job", func() bool { s.get(at, &out.Job); return out.Job.State == "done" })
	s.want(s.call("POST", at+"/retry", nil), 200, nil)
	await(t, "the end of the job", func() bool { s.get(at, &out.Job); return out.Job.State == "done" })
	s.want(s.call("DELETE", at, nil), 422, nil)
	s.want(s.call("GET", "/jobs/99", nil), 404, nil)
	var list struct{ Items []apiJob }
	s.get("/jobs?state=done", &list)
	if len(list.Items) != 1 {
		t.Errorf("jobs: %+v", list)
	}
}
