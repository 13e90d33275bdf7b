package ohif

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packageOf is a tgz as npm makes it.
func packageOf(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ohif.tgz")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

var small = map[string]string{
	"package/package.json":                        "{}",
	"package/dist/index.html":                     `<script>window.PUBLIC_URL="/"</script><link href="/app.css"><script src="/app.bundle.0123456789abcdef.js"></script>`,
	"package/dist/app.bundle.0123456789abcdef.js": `x;__webpack_require__.p = "/";` + strings.Repeat("y", 2000),
	"package/dist/app.css":                        "a{background:url(/a.png)}",
	"package/dist/manifest.json":                  `{"start_url":"/"}`,
	"package/dist/ort/ort.wasm":                   "w",
	"package/dist/app.js.map":                     "m",
	"package/dist/app-config.js":                  "theirs",
	"package/../../../etc/evil":                   "e",
}

func TestViewer(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "ohif.zip")
	if _, err := Pack(packageOf(t, small), dst, true); err != nil {
		t.Fatal(err)
	}
	v, err := Open(dst, Options{
		Root:     func(*http.Request) string { return "http://here/dicom-web" },
		MayStore: func(r *http.Request) bool { return r.Header.Get("User") != "" },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for _, c := range []struct {
		path, gzip string
		status     int
		want       []string
	}{
		{"/ohif/", "", 200, []string{`PUBLIC_URL="/ohif/"`, `href="/ohif/app.css"`, `src="/ohif/app.bundle`}},
		{"/ohif/viewer", "gzip", 200, []string{`PUBLIC_URL="/ohif/"`}},
		{"/ohif/app.bundle.0123456789abcdef.js", "gzip", 200, []string{`__webpack_require__.p = "/ohif/"`, strings.Repeat("y", 2000)}},
		{"/ohif/app.bundle.0123456789abcdef.js", "", 200, []string{`__webpack_require__.p = "/ohif/"`}},
		{"/ohif/app.css", "", 200, []string{"url(/ohif/a.png)"}},
		{"/ohif/manifest.json", "", 200, []string{`"/ohif/"`}},
		{"/ohif/app-config.js", "", 200, []string{`"http://here/dicom-web"`, `"dicomUploadEnabled": false`}},
		{"/ohif/ort/ort.wasm", "", 404, nil},
		{"/ohif/app.js.map", "", 404, nil},
		{"/ohif/../../etc/passwd.txt", "", 404, nil},
	} {
		r := httptest.NewRequest("GET", "/ohif/", nil)
		r.URL.Path = c.path
		r.Header.Set("Accept-Encoding", c.gzip)
		w := httptest.NewRecorder()
		v.ServeHTTP(w, r)
		var body io.Reader = w.Body
		if w.Header().Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		} else if c.gzip != "" && c.status == 200 {
			t.Errorf("%s is not packed", c.path)
		}
		text, err := io.ReadAll(body)
		if err != nil || w.Code != c.status {
			t.Errorf("%s: %d %v", c.path, w.Code, err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: %.300s lacks %.60s", c.path, text, want)
			}
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-") || strings.Contains(policy, "script-src 'self' 'unsafe-inline'") {
			t.Errorf("%s: policy %s", c.path, policy)
		}
	}
}

// TestPackRefuses holds that what can not be served leaves nothing behind.
func TestPackRefuses(t *testing.T) {
	other := map[string]string{"package/dist/index.html": "<html>", "package/dist/app.js": "no loader"}
	for name, files := range map[string]map[string]string{"another build": other, "no index": {"package/dist/a.js": "a"}} {
		dir := t.TempDir()
		_, err := Pack(packageOf(t, files), filepath.Join(dir, "ohif.zip"), false)
		if err == nil || name == "another build" && !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s leaves %v", name, left)
		}
	}
}
