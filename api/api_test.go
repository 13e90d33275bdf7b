package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"conquest/api"
	"conquest/dicom"
	"conquest/web"
)

// site answers everything with little.
type site struct{}

func (site) State(context.Context) (api.ServerState, error) {
	return api.ServerState{Devices: []api.Device{{Name: "MAG0", Folder: "/data"}}}, nil
}
func (site) Reload(context.Context) error { return nil }

func (site) Studies(context.Context, api.StudyQuery) ([]api.Study, bool, error) {
	return []api.Study{{UID: "1.2.3"}}, true, nil
}
func (site) Patients(context.Context, string, int) ([]api.Patient, error) { return nil, nil }
func (site) Study(_ context.Context, uid string) (api.StudyDetail, error) {
	if uid != "1.2.3" {
		return api.StudyDetail{}, fmt.Errorf("study: %w", api.ErrNotFound)
	}
	return api.StudyDetail{Study: api.Study{UID: uid}, SeriesList: []api.Series{{UID: "1.2.3"}}}, nil
}
func (site) Instances(context.Context, string, string) ([]api.Instance, error) {
	return []api.Instance{{UID: "1.2.3"}, {UID: "1.2.4"}}, nil
}
func (site) Object(_ context.Context, _, _, _ string, look func(*dicom.Dataset) error) error {
	d := dicom.NewDataset(1)
	d.SetString(dicom.PatientID, "P")
	return look(d)
}
func (site) File(context.Context, string, string, string) (io.ReadCloser, int64, error) {
	return io.NopCloser(strings.NewReader("DICM")), 4, nil
}

func (site) Logins() []string                     { return []string{"users"} }
func (site) Users() ([]api.User, error)           { return []api.User{{Name: "anna", Role: "admin"}}, nil }
func (site) SetUser(string, string, string) error { return nil }
func (site) RemoveUser(string) error              { return nil }
func (site) Sessions() []api.Session              { return []api.Session{{ID: "1"}} }
func (site) EndSession(string) bool               { return true }
func (site) Tokens(string) ([]api.Token, error)   { return []api.Token{{ID: "1"}}, nil }
func (site) DropToken(string, string) error       { return nil }
func (site) NewToken(owner, role string, _ time.Time, _ string) (api.Token, string, error) {
	return api.Token{Owner: owner, Role: role}, "secret", nil
}

func (site) Queues(context.Context) (api.QueueList, error) {
	return api.QueueList{Queues: []api.QueueLine{{Kind: "export", Destination: "1"}}}, nil
}
func (site) QueueAct(_ context.Context, a api.QueueAct) (api.Done, error) {
	return api.Done{Dry: a.Dry}, nil
}
func (site) Letters(context.Context) ([]api.Letter, error)              { return nil, nil }
func (site) LetterAct(context.Context, api.LetterAct) (api.Done, error) { return api.Done{}, nil }

func services() api.Services {
	return api.Services{Server: site{}, Studies: site{}, Accounts: site{}, Queues: site{}, Jobs: site{}, Actions: site{}, Config: site{}, AEs: site{}, Rules: site{}, Watch: site{}}
}

var readOnly = false

func newHandler() *api.Handler {
	return api.New(services(), api.Options{Version: "1.5.0e", ReadOnly: func() bool { return readOnly }})
}

// bodies are what calls take that do nothing without.
var bodies = map[string]string{
	"putUser":   `{"role":"viewer"}`,
	"putConfig": `{"text":"x"}`, "putAEText": `{"text":"x"}`, "findAE": `{"level":"STUDY","keys":{}}`, "retrieveAE": `{"study":"1.2.3"}`,
	"explainRules": `{"study":"1.2.3"}`,
	"moveQueue":    `{"to": "AE"}`, "moveLetter": `{"to": "AE"}`,
	"postToken": `{"role":"viewer","owner":"anna"}`,
}

// queries are parameters that calls ask for.
var queries = map[string]string{"search": "?q=x"}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

// call asks for a row of the table in a role.
func call(h http.Handler, r api.Route, role web.Role, edits ...func(*http.Request)) *httptest.ResponseRecorder {
	path := api.Root + parameter.ReplaceAllStringFunc(r.Path, func(name string) string {
		if strings.Contains("{study}{series}{instance}", name) {
			return "1.2.3"
		}
		if name == "{kind}" {
			return "export"
		}
		return "1"
	}) + queries[r.ID]
	var body io.Reader
	text, ok := bodies[r.ID]
	if strings.HasPrefix(r.Path, "/actions/") {
		text, ok = `{"places":[{"study":"1.2.3"}]}`, true
	}
	if ok {
		body = strings.NewReader(text)
	}
	req := httptest.NewRequest(r.Method, path, body)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("If-Match", `"tag"`)
	for _, edit := range edits {
		edit(req)
	}
	if r.ID == "getEvents" {
		ctx, cancel := context.WithTimeout(req.Context(), 20*time.Millisecond)
		defer cancel()
		req = req.WithContext(ctx)
	}
	req = req.WithContext(web.WithCaller(req.Context(), web.Caller{User: "anna", Role: role}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

// TestRoles holds that every route is refused below its role and answered from it
// on, and that what changes something is refused to all where the server is read
// only.
func TestRoles(t *testing.T) {
	h := newHandler()
	for _, r := range api.Routes {
		for role := web.Nobody; role <= web.Admin; role++ {
			w := call(h, r, role)
			if refused := w.Code == http.StatusForbidden; refused != (role < r.Role) {
				t.Errorf("%s as %s: %d %s", r.ID, role, w.Code, w.Body)
			}
			if role >= r.Role && w.Code >= 300 {
				t.Errorf("%s as %s: %d %s", r.ID, role, w.Code, w.Body)
			}
			if w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: error of type %s", r.ID, w.Header().Get("Content-Type"))
			}
		}
		if r.Method != http.MethodGet && r.Role < web.User {
			t.Errorf("%s changes something and takes only %s", r.ID, r.Role)
		}
	}
	readOnly = true
	defer func() { readOnly = false }()
	for _, r := range api.Routes {
		if w := call(h, r, web.Admin); (w.Code == http.StatusForbidden) != r.Changes {
			t.Errorf("%s of a server that is read only: %d", r.ID, w.Code)
		}
	}
}

// TestOpenAPI holds that the document has all routes, with their role, and no
// others, and that nothing of the page comes from elsewhere.
func TestOpenAPI(t *testing.T) {
	h := newHandler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", api.Root+"/openapi.json", nil))
	var doc struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]map[string]struct {
			OperationID string
			Role        string `json:"x-role"`
			Responses   map[string]any
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.OpenAPI != "3.1.0" || doc.Servers[0].URL != api.Root {
		t.Fatal(err, doc.OpenAPI, doc.Servers)
	}
	n := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			n++
			i := slices.IndexFunc(api.Routes, func(r api.Route) bool { return r.ID == op.OperationID })
			if i < 0 || api.Routes[i].Path != path || !strings.EqualFold(api.Routes[i].Method, method) || api.Routes[i].Role.String() != op.Role || op.Responses["403"] == nil {
				t.Errorf("%s %s: %+v", method, path, op)
			}
		}
	}
	if n != len(api.Routes) {
		t.Errorf("%d operations, %d routes", n, len(api.Routes))
	}
	for path, kind := range map[string]string{"": "text/html", "/page.js": "javascript", "/page.css": "text/css"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", api.Root+path, nil))
		if w.Code != 200 || !strings.Contains(w.Header().Get("Content-Type"), kind) || strings.Contains(w.Body.String(), "://") {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

// TestProblems holds what wrong calls are answered.
func TestProblems(t *testing.T) {
	h := newHandler()
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/nothing", 404},
		{"POST", "/server", 405},
		{"GET", "/studies/1.2.9", 404},
		{"GET", "/studies/x", 422},
		{"GET", "/studies?limit=0", 422},
		{"GET", "/studies?limit=x", 422},
		{"GET", "/studies?after=%21", 422},
		{"GET", "/search", 422},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(c.method, api.Root+c.path, nil)
		h.ServeHTTP(w, r.WithContext(web.WithCaller(r.Context(), web.Caller{Role: web.Admin})))
		var p struct {
			Title  string
			Status int
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != c.status || p.Status != c.status || p.Title == "" {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
}

// TestCursor holds that a list is got in parts.
func TestCursor(t *testing.T) {
	h := newHandler()
	var uids []string
	for next := ""; ; {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", api.Root+"/studies/1.2.3/series/1.2.3/instances?limit=1&after="+next, nil)
		h.ServeHTTP(w, r.WithContext(web.WithCaller(r.Context(), web.Caller{Role: web.Viewer})))
		var l api.Listing[api.Instance]
		if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil || len(l.Items) != 1 {
			t.Fatal(w.Body, err)
		}
		uids = append(uids, l.Items[0].UID)
		if next = l.Next; next == "" {
			break
		}
	}
	if !slices.Equal(uids, []string{"1.2.3", "1.2.4"}) {
		t.Error(uids)
	}
}

// TestFoldersAreForAdministrators holds that paths of the server are not shown to
// others.
func TestFoldersAreForAdministrators(t *testing.T) {
	h := newHandler()
	for role, shown := range map[web.Role]bool{web.Editor: false, web.Admin: true} {
		if w := call(h, api.Routes[0], role); strings.Contains(w.Body.String(), "/data") != shown {
			t.Errorf("%s: %s", role, w.Body)
		}
	}
}
