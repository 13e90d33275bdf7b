package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"conquest/regress/rig"
)

// apiSite is a running site with its REST interface.
type apiSite struct {
	*site
	root string
}

func newAPISite(t *testing.T, lines ...string) *apiSite {
	s, root := newWebSite(t, append([]string{"WEBReadOnly = 0"}, lines...)...)
	return &apiSite{s, root + "/api/v1"}
}

// answer is what a call was answered.
type answer struct {
	status int
	header http.Header
	text   []byte
}

// call asks the interface; headers are "Name: value".
func (s *apiSite) call(method, path string, body any, headers ...string) answer {
	s.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		content = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.root+path, content)
	if err != nil {
		s.t.Fatal(err)
	}
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{w.StatusCode, w.Header, text}
}

// get asks and reads the answer into what.
func (s *apiSite) get(path string, what any) {
	s.t.Helper()
	s.want(s.call("GET", path, nil), http.StatusOK, what)
}

// want reads an answer of a status; what may be nil.
func (s *apiSite) want(a answer, status int, what any) {
	s.t.Helper()
	if a.status != status {
		s.t.Fatalf("answered %d %s, want %d\n%s", a.status, a.text, status, s.log())
	}
	if what == nil {
		return
	}
	if err := json.Unmarshal(a.text, what); err != nil {
		s.t.Fatalf("%v: %s", err, a.text)
	}
}

// TestAPIStudies walks from the server to a file by the interface.
func TestAPIStudies(t *testing.T) {
	s := newAPISite(t)
	s.start()
	for i := range 3 {
		s.store(image("API1", "1.2.3.80.1", "1.2.3.80.1.1", fmt.Sprintf("1.2.3.80.1.1.%d", i+1), i+1))
	}
	s.store(image("API2", "1.2.3.80.2", "1.2.3.80.2.1", "1.2.3.80.2.1.1", 1))

	var state struct {
		Version, AE string
		Ready       bool
		Problems    []string
		Devices     []struct{ Name, Folder string }
		Database    struct{ Rows struct{ Studies int } }
		Counters    struct{ Received int }
	}
	s.get("/server", &state)
	if state.AE != s.ae || !state.Ready || state.Database.Rows.Studies != 2 || state.Counters.Received != 4 || len(state.Devices) != 1 || state.Devices[0].Folder == "" {
		t.Errorf("server: %+v", state)
	}

	type row struct {
		UID       string
		Instances int
		Patient   struct{ ID string }
	}
	var page struct {
		Items []row
		Next  string
	}
	var uids []string
	for first := true; first || page.Next != ""; first = false {
		after := page.Next
		page.Items, page.Next = nil, ""
		s.get("/studies?limit=1&after="+after, &page)
		for _, r := range page.Items {
			uids = append(uids, r.UID)
		}
	}
	slices.Sort(uids)
	if !slices.Equal(uids, []string{"1.2.3.80.1", "1.2.3.80.2"}) {
		t.Errorf("studies: %v", uids)
	}
	var found struct {
		Studies  []row
		Patients []struct{ ID string }
	}
	s.get("/search?q=api1", &found)
	if len(found.Studies) != 1 || found.Studies[0].Instances != 3 || len(found.Patients) != 1 || found.Patients[0].ID != "API1" {
		t.Errorf("search: %+v", found)
	}
	var study struct {
		row
		SeriesList []row
	}
	s.get("/studies/1.2.3.80.1", &study)
	if study.Patient.ID != "API1" || len(study.SeriesList) != 1 || study.SeriesList[0].Instances != 3 {
		t.Errorf("study: %+v", study)
	}
	var series row
	s.get("/studies/1.2.3.80.1/series/1.2.3.80.1.1", &series)
	s.get("/studies/1.2.3.80.1/series", &page)
	if series.Instances != 3 || len(page.Items) != 1 {
		t.Errorf("series: %+v %+v", series, page)
	}
	var objects struct {
		Items []struct {
			UID, Device, File, ReceivedAt string
			Size                          int64
		}
	}
	const place = "/studies/1.2.3.80.1/series/1.2.3.80.1.1/instances"
	s.get(place, &objects)
	if o := objects.Items[0]; len(objects.Items) != 3 || o.UID != "1.2.3.80.1.1.1" || o.Device != "MAG0" || o.Size == 0 || o.File == "" || o.ReceivedAt == "" {
		t.Errorf("objects: %+v", objects)
	}
	s.get(place+"/1.2.3.80.1.1.2", nil)
	var tags map[string]struct{ Value []any }
	s.get(place+"/1.2.3.80.1.1.2/tags", &tags)
	if tags["00100020"].Value[0] != "API1" {
		t.Errorf("tags: %v", tags)
	}
	file := s.call("GET", place+"/1.2.3.80.1.1.1/file", nil)
	if file.status != 200 || int64(len(file.text)) != objects.Items[0].Size || string(file.text[128:132]) != "DICM" {
		t.Errorf("file: %d, %d bytes", file.status, len(file.text))
	}
	for _, path := range []string{"/studies/1.2.9", "/studies/1.2.3.80.1/series/1.2.9", place + "/1.2.9", place + "/1.2.9/tags", place + "/1.2.9/file", "/studies/1.2.9/series/1/instances"} {
		if a := s.call("GET", path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
	s.want(s.call("POST", "/server/reload", nil), http.StatusOK, &state)
	s.write("dicom.ini", strings.Replace(s.ini, "WEBReadOnly = 0", "WEBReadOnly = 1", 1))
	s.want(s.call("POST", "/server/reload", nil), http.StatusOK, &state)
	if a := s.call("POST", "/server/reload", nil); a.status != http.StatusForbidden || !strings.Contains(string(a.text), "WEBReadOnly") {
		t.Errorf("read only: %d %s", a.status, a.text)
	}
}

// TestAPIPage holds that the page of the interface shows the calls without anything
// from elsewhere.
func TestAPIPage(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		rig.Missing(t, "chromium: ", err)
	}
	s := newAPISite(t)
	s.start()
	awaitWeb(t, strings.TrimSuffix(s.root, "/api/v1"))
	ctx := browser(t, strings.TrimSuffix(s.root, "/api/v1"))
	var text string
	steps(t, ctx, "page", chromedp.Navigate(s.root), chromedp.WaitVisible("details"), chromedp.Click(`details[data-text^="get/api/v1/server"] summary`), chromedp.Text("main", &text))
	shot(t, ctx, "api")
	if !strings.Contains(text, "/api/v1/server") || !strings.Contains(text, "viewer") || !strings.Contains(text, "associations") {
		t.Errorf("page: %s", text)
	}
}
