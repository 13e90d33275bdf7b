package ui_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/docs"
	"conquest/ui"
	"conquest/web"
)

const hostile = `<script>alert(1)</script>`

// archive is a site with one study whose texts are hostile.
type archive struct {
	empty   bool
	deleted []string
	actions []string
	keeps   bool
}

func (a *archive) Name() string { return "TESTED" }

func (a *archive) row() ui.StudyRow {
	return ui.StudyRow{StudyUID: "1.2.3", PatientName: hostile + "^Given", PatientID: `'"><img src=x onerror=alert(1)>`, BirthDate: "19700131",
		Date: "20240301", Time: "101500", Description: "山田 שלום", Modalities: []string{"CT"}, Series: 1, Instances: 12345}
}

func (a *archive) Studies(_ context.Context, q ui.StudiesQuery) (ui.StudiesPage, error) {
	if a.empty || q.Text == "nobody" {
		return ui.StudiesPage{}, nil
	}
	return ui.StudiesPage{Studies: []ui.StudyRow{a.row()}, More: q.Offset == 0, Total: 2}, nil
}

func (a *archive) Study(_ context.Context, uid string) (*ui.Study, error) {
	if uid != "1.2.3" {
		return nil, ui.ErrNotFound
	}
	return &ui.Study{StudyRow: a.row(), SeriesList: []ui.Series{{SeriesUID: "1.2.3.4", Modality: "CT", Number: "1", Description: hostile, Instances: 2}}}, nil
}

func (a *archive) Instances(context.Context, string, string) ([]ui.Instance, error) {
	return []ui.Instance{{StudyUID: "1.2.3", SeriesUID: "1.2.3.4", SOPInstanceUID: "1.2.3.4.5", Number: "1", Device: "MAG0", File: "secret/path.dcm", Size: 2048}}, nil
}

func (a *archive) Object(_ context.Context, _, _, sop string, look func(*dicom.Dataset, ui.Instance) error) error {
	if sop != "1.2.3.4.5" {
		return ui.ErrNotFound
	}
	ds := dicom.NewDataset(4)
	ds.SetString(dicom.PatientName, hostile)
	item := dicom.NewDataset(1)
	item.SetString(dicom.Modality, "INNER")
	ds.SetItems(0x00400275, item)
	ds.SetUint16(dicom.Rows, 512)
	return look(ds, ui.Instance{StudyUID: "1.2.3", SeriesUID: "1.2.3.4", SOPInstanceUID: sop})
}

func (a *archive) Delete(_ context.Context, study, series string) (int, error) {
	a.deleted = append(a.deleted, study+"/"+series)
	return 1, nil
}

func (a *archive) Send(_ context.Context, _, _, _ string, progress func(done, all int)) error {
	progress(3, 3)
	return nil
}

func (a *archive) Deeds() ([]ui.Deed, bool, error) {
	return []ui.Deed{{ID: "d1", Kind: "delete", What: hostile, By: hostile, Objects: 2, Bytes: 3 << 20, Patients: []string{hostile}}}, a.keeps, nil
}

func (a *archive) Undo(_ context.Context, id string) (ui.Undone, error) {
	a.actions = append(a.actions, "undo "+id)
	return ui.Undone{Restored: 2, Reasons: []string{hostile}}, nil
}

func (a *archive) Life(_ context.Context, uid string) ([]ui.LifeEvent, bool, error) {
	return []ui.LifeEvent{{Time: time.Now(), Kind: "stored", By: hostile, SOP: uid, Facts: [][2]string{{"rule", hostile}}}}, true, nil
}

func (a *archive) Explain(_ context.Context, _ *dicom.Dataset, calling, rules string) (string, []ui.Finding, error) {
	return "object of " + calling + "\n" + rules + hostile + "\n", nil, nil
}

func (a *archive) Queues(context.Context) ([]ui.QueueLine, error) {
	return []ui.QueueLine{{Kind: "export", Destination: "PACS", Waiting: 7, LastError: hostile, State: "paused"}}, nil
}

func (a *archive) Letters(context.Context) ([]ui.Letter, error) {
	return []ui.Letter{{ID: "1", Kind: "export", Destination: "PACS", Object: "1.2", Reason: "refused: " + hostile}}, nil
}

func (a *archive) QueueAction(_ context.Context, action, kind, name string) error {
	a.actions = append(a.actions, action+" "+kind+" "+name)
	return nil
}

func (a *archive) AEs() ([]ui.AE, error)              { return []ui.AE{{Name: "PACS", Host: "h", Port: "104"}}, nil }
func (a *archive) Echo(context.Context, string) error { return nil }

func (a *archive) Config() (ui.ConfigText, error) {
	return ui.ConfigText{Path: "dicom.ini", Text: "[sscscp]\nPassword = secret\nExportConvertor0 = x\n",
		Findings: []ui.Finding{{Line: 3, Severity: "error", Text: "no such key"}}}, nil
}

func (a *archive) Status(context.Context) (ui.Status, error) {
	return ui.Status{Version: "1.5.0e", Port: "5678", Devices: []ui.Device{{Name: "MAG0", Place: "/data", Free: 1 << 30, Total: 4 << 30}}}, nil
}

func (a *archive) Log(_ context.Context, _ bool, line func(ui.LogLine)) error {
	line(ui.LogLine{Time: time.Now(), Text: "***" + hostile})
	return nil
}

func pages(t *testing.T, a *archive) *ui.Handler {
	t.Helper()
	h, err := ui.New(a, ui.Options{DICOMweb: "/dicom-web", Docs: docs.Files})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(h http.Handler, role web.Role, method, address string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, body)
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r = r.WithContext(web.WithCaller(r.Context(), web.Caller{Role: role}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPages(t *testing.T) {
	h := pages(t, &archive{})
	for address, want := range map[string]string{
		"/ui":                              "12\u202f345",
		"/ui/studies?q=nobody":             "Nothing matches",
		"/ui/studies/1.2.3":                "1970-01-31",
		"/ui/studies/1.2.3/series/1.2.3.4": "2.0 kB",
		"/ui/studies/1.2.3/series/1.2.3.4/instances/1.2.3.4.5": "INNER",
		"/ui/view/1.2.3":         "dicom-viewer",
		"/ui/upload":             "file-drop",
		"/ui/queues":             "PACS",
		"/ui/log":                "live-log",
		"/ui/aes":                "104",
		"/ui/config":             "no such key",
		"/ui/system":             "3.0 GB",
		"/ui/docs":               "Documentation",
		"/ui/docs/architecture":  "<h1",
		"/ui/docs?q=association": "association",
	} {
		if address == "/ui/view/1.2.3" {
			want = "panes"
		}
		if address == "/ui/system" {
			want = "1.0 GB"
		}
		w := ask(h, web.Admin, "GET", address, nil)
		body := w.Body.String()
		if w.Code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d, no %q in\n%.600s", address, w.Code, want, body)
		}
		if strings.Contains(body, hostile) || strings.Contains(body, "<img src=x") {
			t.Errorf("%s: a value of a sender stands in the page as it came", address)
		}
		if policy := w.Header().Get("Content-Security-Policy"); policy == "" || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: content security policy %q", address, policy)
		}
	}
}

func TestEmptyArchiveTellsHowToBegin(t *testing.T) {
	w := ask(pages(t, &archive{empty: true}), web.Admin, "GET", "/ui", nil)
	for _, want := range []string{"storescu -aec TESTED", "5678", "file-drop"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	h := pages(t, &archive{})
	if body := ask(h, web.Admin, "GET", "/ui/config", nil).Body.String(); strings.Contains(body, "secret") {
		t.Error("the password stands in the page")
	}
	if w := ask(h, web.Viewer, "GET", "/ui/config", nil); w.Code != 403 {
		t.Errorf("a viewer sees the configuration: %d", w.Code)
	}
	if body := ask(h, web.Viewer, "GET", "/ui/studies/1.2.3/series/1.2.3.4", nil).Body.String(); strings.Contains(body, "secret/path") {
		t.Error("a viewer sees paths of the server")
	}
}

func TestUnknownThingsAreNotFound(t *testing.T) {
	h := pages(t, &archive{})
	for _, address := range []string{"/ui/studies/9", "/ui/studies/1.2.3/series/9", "/ui/studies/1.2.3/series/1.2.3.4/instances/9", "/ui/docs/nothing", "/ui/docs/..%2fgo", "/ui/nothing", "/ui/assets/nothing.js", "/ui/jobs/99", "/ui/view/9"} {
		if w := ask(h, web.Admin, "GET", address, nil); w.Code != 404 {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		role    web.Role
		address string
		want    int
	}{
		{web.Viewer, "/ui/studies/1.2.3/delete", 403}, {web.User, "/ui/studies/1.2.3/delete", 403}, {web.Editor, "/ui/studies/1.2.3/delete", 303},
		{web.Viewer, "/ui/studies/1.2.3/send", 403}, {web.User, "/ui/studies/1.2.3/send", 303},
		{web.Editor, "/ui/queues", 403}, {web.Admin, "/ui/queues", 303},
		{web.Viewer, "/ui/aes/PACS/echo", 403}, {web.User, "/ui/aes/PACS/echo", 200},
	} {
		a := &archive{}
		form := url.Values{"ae": {"PACS"}, "action": {"retry"}, "kind": {"export"}, "name": {"PACS"}}
		w := ask(pages(t, a), c.role, "POST", c.address, strings.NewReader(form.Encode()))
		if w.Code != c.want {
			t.Errorf("%s as %s: %d, want %d", c.address, c.role, w.Code, c.want)
		}
		if w.Code == 403 && len(a.deleted)+len(a.actions) > 0 {
			t.Errorf("%s as %s: refused and done", c.address, c.role)
		}
	}
}

func TestJobShowsItsEnd(t *testing.T) {
	h := pages(t, &archive{})
	w := ask(h, web.User, "POST", "/ui/studies/1.2.3/send", strings.NewReader("ae=PACS"))
	for range 500 {
		if body := ask(h, web.User, "GET", w.Header().Get("Location"), nil).Body.String(); strings.Contains(body, "Done") {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the job does not end")
}

func TestGerman(t *testing.T) {
	r := httptest.NewRequest("GET", "/ui", nil)
	r.Header.Set("Accept-Language", "de-AT,de;q=0.9,en;q=0.5")
	w := httptest.NewRecorder()
	pages(t, &archive{}).ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "Untersuchungen") {
		t.Error("the page is not in German")
	}
}

// TestRuleLines takes the rules out of a dicom.ini, and puts others in their place.
func TestRuleLines(t *testing.T) {
	const ini = "[sscscp]\nMicroPACS = sscscp\nImportConverter0 = nop\nTCPPort = 1\nExportConverters=1\nimportmodality0 = CT\n[lua]\nImportConverter1 = x()\nfile = y\n"
	rules := ui.RuleLines(ini)
	if want := "[sscscp]\nImportConverter0 = nop\nExportConverters=1\nimportmodality0 = CT\n[lua]\nImportConverter1 = x()\n"; rules != want {
		t.Errorf("rules: %q", rules)
	}
	got := ui.ReplaceRules(ini, "[sscscp]\nImportConverter0 = destroy\n[LUA]\nImportConverter2 = z()\n")
	if want := "[sscscp]\nImportConverter0 = destroy\nMicroPACS = sscscp\nTCPPort = 1\n[lua]\nImportConverter2 = z()\nfile = y\n"; got != want {
		t.Errorf("replaced: %q", got)
	}
}

// TestTryRules shows what changed rules would do beside what is done now.
func TestTryRules(t *testing.T) {
	h := pages(t, &archive{})
	form := func(fields map[string]string) (*bytes.Buffer, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for k, v := range fields {
			w.WriteField(k, v)
		}
		w.Close()
		return &b, w.FormDataContentType()
	}
	for _, c := range []struct {
		name   string
		fields map[string]string
		want   []string
	}{
		{"changed", map[string]string{"sop": "1.2.3.4.5", "rules": "ImportConverter0 = nop", "calling": "CT1"}, []string{"object of CT1", `class="plus">ImportConverter0 = nop`}},
		{"no object", map[string]string{"rules": "x"}, []string{"choose a file"}},
		{"unknown object", map[string]string{"sop": "9.9"}, []string{"not found"}},
	} {
		body, kind := form(c.fields)
		r := httptest.NewRequest("POST", "/ui/rules", body)
		r.Header.Set("Content-Type", kind)
		r = r.WithContext(web.WithCaller(r.Context(), web.Caller{Role: web.Admin}))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		for _, want := range c.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: no %q in %s", c.name, want, w.Body)
			}
		}
		if strings.Contains(w.Body.String(), hostile) {
			t.Errorf("%s: a text is not escaped", c.name)
		}
	}
}
