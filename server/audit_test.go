package server_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"conquest/dicom"
)

// TestAudit: each access to patients' data is told with who, what and how many, and the
// chain shows what was changed.
func TestAudit(t *testing.T) {
	s := newSite(t, "AuditFile = audit.log", "AuditKey = <DIR>/secret", "HTTPPort = <PORT8>", "WEBReadOnly = 0", "DICOMwebDelete = 1")
	s.write("secret", "only here")
	s.start()
	objects := []*dicom.Dataset{numbered("ANNA", 1), numbered("ANNA", 2), numbered("ANNA", 3)}
	s.store(objects...)
	s.count("ANNA")
	dest := newAcceptor(t, s.port+4)
	s.run("--movepatient:" + s.ae + ",MYDEST,ANNA")
	await(t, "the move", func() bool { return len(dest.seen()) == 3 })
	study := objects[0].String(dicom.StudyInstanceUID)
	base := fmt.Sprintf("http://127.0.0.1:%d/dicom-web/studies", s.port+8)
	for _, path := range []string{"?PatientID=ANNA", "/" + study + "/metadata"} {
		r, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}
	s.run("--deletepatient:ANNA")
	await(t, "what is counted together", func() bool {
		b, _ := os.ReadFile(filepath.Join(s.dir, "audit.log"))
		return strings.Count(string(b), `NumberOfInstances="3"`) >= 4
	})
	s.kill()
	s.start()
	s.stop()
	b, err := os.ReadFile(filepath.Join(s.dir, "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	defer func() {
		if t.Failed() {
			t.Log(text)
		}
	}()
	for what, want := range map[string][]string{
		"start":    {"110120"},
		"stop":     {"110121"},
		"query":    {`csd-code="110112"`, `UserID="PROBE"`, `NetworkAccessPointID="127.0.0.1"`, "ParticipantObjectQuery"},
		"web":      {`csd-code="110112"`, `UserID="WEB"`},
		"read":     {`csd-code="110103"`, `UserID="WEB"`, study},
		"received": {`csd-code="110104"`, `UserID="PROBE"`, `UserID="` + s.ae + `"`, `NumberOfInstances="3"`, `ParticipantObjectID="ANNA"`},
		"sent":     {`csd-code="110104"`, `UserID="MYDEST"`, `NumberOfInstances="3"`},
	} {
		found := false
		for line := range strings.Lines(text) {
			all := true
			for _, w := range want {
				all = all && strings.Contains(line, w)
			}
			found = found || all
		}
		if !found {
			t.Errorf("%s is not told of", what)
		}
	}
	if out := s.run("--audit:verify"); !strings.Contains(out, "as they were written") {
		t.Errorf("verify: %q", out)
	}
	s.write("audit.log", strings.Replace(text, "ANNA", "EMMA", 1))
	if out := s.run("--audit:verify"); strings.Contains(out, "as they were written") {
		t.Errorf("verify of a changed file: %q", out)
	}
}

// TestAuditOutOfOrder: a disk that is full is said once, and stores go on.
func TestAuditOutOfOrder(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	s := newSite(t, "AuditFile = /dev/full").start()
	for n := range 3 {
		s.store(numbered("FULL", n))
	}
	if n := strings.Count(s.log(), "*** audit can not be written"); n != 1 || s.count("FULL") != 3 {
		t.Errorf("said %d times, %d objects\n%s", n, s.count("FULL"), s.log())
	}
}
