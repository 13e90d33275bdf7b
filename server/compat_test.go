package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicom"
)

// web asks an address without following where it leads.
func (s *site) web(method, target, body string, header ...string) (status int, text string, head http.Header) {
	s.t.Helper()
	rq, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		rq.Header.Set(name, value)
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := c.Do(rq)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, string(b), r.Header
}

// TestCompatAddresses: what ladle and the PHP files of the original answered below
// /api/dicom.
func TestCompatAddresses(t *testing.T) {
	s, root := newWebSite(t)
	s.aemap += "STAR* 127.0.0.1 1 un\nHIDDEN 127.0.0.1 1 un\n"
	s.start()
	awaitWeb(t, root)
	for i := range 3 {
		s.store(image("COMPAT", "1.2.61", "1.2.61.1", fmt.Sprintf("1.2.61.1.%d", i), i))
	}
	dest := newAcceptor(t, s.port+4)
	const rs = "/api/dicom/rs"
	for _, c := range []struct {
		method, path string
		status       int
		want         string // a part of the answer
	}{
		{"GET", "/api/dicom/", 200, "WADO-RS"},
		{"GET", "/api/dicom", 200, "WADO-RS"},
		{"GET", rs + "/studies?PatientID=COMPAT", 200, `"Alphabetic"`},
		{"GET", rs + "/modalities", 200, `{"ae":"MYDEST","ip":"127.0.0.1","port":`},
		{"GET", rs + "/modalities/" + s.ae, 200, "1"},
		{"GET", rs + "/modalities/UNKNOWN", 200, "0"},
		{"GET", rs + "/modalities/" + s.ae + "/studies?PatientID=COMPAT", 200, `"1.2.61"`},
		{"GET", rs + "/modalities/" + s.ae + "/studies/1.2.61/series", 200, `"1.2.61.1"`},
		{"GET", rs + "/modalities/" + s.ae + "/studies/1.2.61/series/1.2.61.1/instances?limit=2", 200, `"1.2.61.1.1"`},
		{"GET", rs + "/modalities/" + s.ae + "/studies?PatientID=NOBODY", 200, "[]"},
		{"GET", rs + "/modalities/UNKNOWN/studies", 404, "AE map"},
		{"GET", rs + "/studies/1.2.61/zip", 200, "PK\x03\x04"},
		{"GET", rs + "/studies/1.2.61/series/1.2.61.1/instances/1.2.61.1.1/zip", 200, "1.2.61.1.1.dcm"},
		{"GET", rs + "/studies/9.9/zip", 404, ""},
		{"GET", rs + "/studies/1.2.61/zip?script=x", 501, "script"},
		{"GET", rs + "/studies/1.2.61/move", 400, "target"},
		{"GET", rs + "/studies/1.2.61/move?target=NOBODY", 502, "***dicommove: AE not found: NOBODY"},
		{"GET", rs + "/studies/9.9/move?target=MYDEST", 404, ""},
		{"GET", rs + "/studies/1.2.61/series/1.2.61.1/move?target=MYDEST", 200, ""},
		{"POST", rs + "/studies/1.2.61/move?target=MYDEST", 200, ""},
		{"DELETE", rs + "/studies/1.2.61/move", 405, ""},
		{"POST", rs + "/script", 403, "HTTPServices"},
		{"GET", rs + "/startscript/1.2.3", 403, "HTTPServices"},
		{"POST", rs + "/attach", 403, "HTTPServices"},
		{"GET", rs + "/nosuch", 404, ""},
		{"GET", "/app/newweb/dgate.exe?mode=slice&slice=A:1", 404, "HTTPCompat"},
	} {
		status, text, _ := s.web(c.method, root+c.path, "")
		if status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %d %.300q", c.method, c.path, status, text)
		}
	}
	if n := len(dest.seen()); n != 6 {
		t.Errorf("%d objects moved, want 6", n)
	}
	if _, text, _ := s.web("GET", root+rs+"/modalities", ""); strings.Contains(text, "HIDDEN") {
		t.Errorf("AEs behind the first with a star: %s", text)
	}
	if status, _, _ := s.web("GET", root+rs+"/studies/1.2.61/move?target=MYDEST", "", "Sec-Fetch-Site: cross-site"); status != 403 {
		t.Errorf("a page of another origin moves: %d", status)
	}
	wado := "?requestType=WADO&studyUID=1.2.61&seriesUID=1.2.61.1&objectUID=1.2.61.1.1&contentType=image/jpeg"
	for _, path := range []string{"/app/newweb/dgate.exe", "/app/newweb/", "/app/newweb/dgate.php", "/cgi-bin/dgate", "/cgi-bin/dgate.exe", "/cgi-bin/newweb/dgate", "/cgi-bin/newweb/dgate.exe", "/api/dicom/wadouri"} {
		if status, _, head := s.web("GET", root+path+wado, ""); status != 200 || head.Get("Content-Type") != "image/jpeg" {
			t.Errorf("WADO at %s: %d %s", path, status, head.Get("Content-Type"))
		}
	}
	if status, _, _ := s.web("GET", root+"/cgi-bin/dgate"+wado+"&frameNumber=0&region=0,1,0,0.5", ""); status != 200 {
		t.Errorf("frame 0 of an old address: %d", status)
	}
	for query, want := range map[string]string{
		"": "/ui",
		"?mode=listpatients&patientidmatch=COMPAT":      "/ui/studies?patient=COMPAT",
		"?mode=querystudies&query=patientid+=+'COMPAT'": "/ui/studies?patient=COMPAT",
		"?mode=wadostudyviewer&study=COMPAT:1.2.61":     "/ui/studies/1.2.61",
		"?mode=wadoseriesviewer&series=COMPAT:1.2.61.1": "/ui/studies/1.2.61/series/1.2.61.1",
		"?mode=wadoseriesviewer&series=COMPAT:1.9":      "/ui/studies",
	} {
		if status, _, head := s.web("GET", root+"/app/newweb/dgate.exe"+query, ""); status != 302 || head.Get("Location") != root+want {
			t.Errorf("bookmark %q: %d to %q, want %q", query, status, head.Get("Location"), want)
		}
	}
}

// TestCompatPages: the pages of a site's folder, its files, the JSON of the
// original, and scripts where they are allowed.
func TestCompatPages(t *testing.T) {
	s, root := newWebSite(t, "HTTPCompat = <DIR>/web", "HTTPCompatFiles = <DIR>/htdocs", "DICOMwebLegacyJSON = 1", "HTTPServices = dicomweb,compat,health,ui,scripts", "WEBReadOnly = 0")
	for name, text := range map[string]string{
		"web/dicom.ini":           "[sscscp]\nMicroPACS = sscscp\nTCPPort = <PORT>\nMyACRNema = <AE>\nWEBReadOnly = 0\n[hello]\nsource = hello.lua\n[plain]\nline0 = got %x%\nheader = Content-type: text/plain\\\n[posted]\nsource = posted.lua\n[ends]\nsource = ends.lua\n",
		"web/hello.lua":           "dofile('part.lua')\nprint('Content-type: text/html\\n')\nprint(greeting..CGI('name', 'nobody')..' from '..script_name)\n",
		"web/part.lua":            "greeting = 'hello '\n",
		"web/posted.lua":          "print('Content-type: text/plain\\n')\nprint('file '..#CGI())\n",
		"web/ends.lua":            "print('Content-type: text/plain\\n')\nos.exit(1)\n",
		"htdocs/app/x/index.html": "<p>x</p>", "htdocs/app/x/a.wasm": "w", "htdocs/app/x/secret.lua": "s", "htdocs/.hidden": "s",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(s.dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		s.write(name, text)
	}
	if err := os.Symlink(filepath.Join(s.dir, "dicom.ini"), filepath.Join(s.dir, "htdocs", "leak.txt")); err != nil {
		t.Log(err)
	}
	s.start()
	awaitWeb(t, root)
	s.store(image("PAGES", "1.2.62", "1.2.62.1", "1.2.62.1.1", 1))
	for _, c := range []struct {
		path   string
		status int
		kind   string
		want   string
	}{
		{"/app/newweb/dgate.exe?mode=hello&name=Ann+B", 200, "text/html", "hello Ann B from /app/newweb/dgate.exe"},
		{"/cgi-bin/dgate?mode=plain&x=1", 200, "text/plain", "got 1"},
		{"/cgi-bin/newweb/dgate?mode=querypatients&patientidmatch=PAGES", 200, "text/html", "PAGES"},
		{"/app/newweb/dgate.php?mode=../web/hello", 404, "", ""},
		{"/app/newweb/?mode=ends", 200, "text/plain", ""},
		{"/app/x/", 200, "text/html; charset=utf-8", "<p>x</p>"},
		{"/app/x/viewer/1.2", 200, "text/html; charset=utf-8", "<p>x</p>"},
		{"/app/x/a.wasm", 200, "application/wasm", "w"},
		{"/app/x/secret.lua", 404, "", ""}, {"/.hidden", 404, "", ""}, {"/leak.txt", 404, "", ""}, {"/app/x/none.js", 404, "", ""},
		{"/api/dicom/rs/studies?PatientID=PAGES", 200, "application/json", `"00100010": { "vr": "PN", "Value":["Test^PAGES"]}`},
		{"/api/dicom/rs/studies/1.2.62/metadata", 200, "application/json", `"00280010": { "vr": "US", "Value":[16]}`},
		{"/dicom-web/studies?PatientID=PAGES", 200, "application/dicom+json", `{"Alphabetic":"Test^PAGES"}`},
	} {
		status, text, head := s.web("GET", root+c.path, "")
		if status != c.status || !strings.Contains(text, c.want) || c.kind != "" && head.Get("Content-Type") != c.kind {
			t.Errorf("%s: %d %s %.400q", c.path, status, head.Get("Content-Type"), text)
		}
	}
	if _, text, _ := s.web("GET", root+"/api/dicom/rs/studies", ""); !json.Valid([]byte(text)) {
		t.Errorf("legacy JSON is none: %s", text)
	}
	if _, text, _ := s.web("POST", root+"/cgi-bin/dgate?mode=posted", "some bytes"); !strings.Contains(text, "file 10") {
		t.Errorf("posted file: %q", text)
	}
	form := func(script string) string { return url.Values{"script": {script}}.Encode() }
	const urlencoded = "Content-Type: application/x-www-form-urlencoded"
	if status, text, _ := s.web("POST", root+"/api/dicom/rs/script", form("return 6*7"), urlencoded); status != 200 || text != "42" {
		t.Errorf("script: %d %q", status, text)
	}
	if status, text, _ := s.web("POST", root+"/api/dicom/rs/script", form("error('x')"), urlencoded); status != 422 {
		t.Errorf("wrong script: %d %q", status, text)
	}
	_, id, _ := s.web("POST", root+"/api/dicom/rs/startscript", form("progress(50) while not done do sleep(10) local f = io.open('go') if f then f:close() done = true end end"), urlencoded)
	at := root + "/api/dicom/rs/startscript/" + strings.Trim(id, `"`)
	told := func(want string) bool { _, text, _ := s.web("GET", at, ""); return text == want }
	await(t, "progress", func() bool { return told("50") })
	s.write("go", "")
	await(t, "end of the script", func() bool { return told("100") })
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	m.WriteField("script", "return Data.PatientID")
	p, _ := m.CreateFormFile("file", "x.dcm")
	dicom.WritePart10(p, image("ATTACHED", "1.2.63", "1.2.63.1", "1.2.63.1.1", 1), dicom.Meta{})
	m.Close()
	if _, text, _ := s.web("POST", root+"/api/dicom/rs/attachdicom", b.String(), "Content-Type: "+m.FormDataContentType()); text != "ATTACHED" {
		t.Errorf("attachdicom: %q", text)
	}
	if status, text, _ := s.web("POST", root+"/api/dicom/rs/attach", strings.Replace(b.String(), "return Data.PatientID", "nop", 1), "Content-Type: "+m.FormDataContentType()); status != 200 || s.count("ATTACHED") != 1 {
		t.Errorf("attach: %d %q, %d objects", status, text, s.count("ATTACHED"))
	}
	s.run(fmt.Sprintf("--luastart:arg={%d};dofile('ladle.lua')", s.port+5))
	await(t, "the line about ladle", func() bool { return strings.Contains(s.log(), "ladle is not started") })
}
