package dicomweb_test

import (
	"context"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/dicomweb"
	"conquest/dicomweb/folder"
	"conquest/regress/rig"
	"conquest/web"
)

// judgeOrigin is the origin that the second judge calls from.
const judgeOrigin = "http://viewer.example"

// TestSecondJudge runs the black-box check in testdata, which was written apart
// from this code, against a folder of files.
func TestSecondJudge(t *testing.T) {
	python := findPython(t)
	a, err := folder.Open(filepath.Join(t.TempDir(), "objects"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := web.New(web.Options{Origins: []string{judgeOrigin}})
	if err != nil {
		t.Fatal(err)
	}
	s := dicomweb.New(a, dicomweb.Options{
		Origin: w.Origin, Problem: web.Problem, CacheFolder: filepath.Join(t.TempDir(), "cache"), CacheSize: 64 << 20, AETitle: "JUDGED",
	})
	defer s.Close()
	w.Mount("/dicom-web/", s.Handler("/dicom-web"))
	w.Mount("/wado", s.URI(dicomweb.URIOptions{}))
	srv := httptest.NewServer(w.Handler())
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-B", filepath.Join("testdata", "check", "check.py"), srv.URL+"/dicom-web", "--wado-uri", srv.URL+"/wado", "--failed")
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if last := lines[len(lines)-1]; err != nil || !strings.HasSuffix(last, " 0 failed") {
		t.Errorf("check.py: %v\n%s", err, out)
	}
}

// findPython is an interpreter that has pydicom.
func findPython(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import pydicom").Run() == nil {
			return name
		}
	}
	rig.Missing(t, "a Python with pydicom")
	return ""
}
