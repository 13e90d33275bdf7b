package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/regress/rig"
)

// newWebSite is a site with a port for web clients, which keeps objects as they
// come.
func newWebSite(t *testing.T, lines ...string) (s *site, root string) {
	s = newSite(t, append(lines, "HTTPPort = <PORT5>", "HTTPOrigins = http://viewer.example")...)
	s.ini = strings.Replace(s.ini, "IncomingCompression = un", "IncomingCompression = as", 1)
	return s, fmt.Sprintf("http://127.0.0.1:%d", s.port+5)
}

// TestWebSecondJudge runs the black-box check of package dicomweb against the
// server itself: index, way in and stored files are the real ones.
func TestWebSecondJudge(t *testing.T) {
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import pydicom").Run() != nil {
		rig.Missing(t, "a Python with pydicom")
	}
	s, root := newWebSite(t)
	s.start()
	awaitWeb(t, root)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	check := filepath.Join("..", "dicomweb", "testdata", "check", "check.py")
	out, err := exec.CommandContext(ctx, python, "-B", check, root+"/dicom-web", "--wado-uri", root+"/wado", "--failed").CombinedOutput()
	if err != nil || !bytes.HasSuffix(bytes.TrimSpace(out), []byte(" 0 failed")) {
		t.Errorf("check.py: %v\n%s\n%s", err, out, s.log())
	}
}

func awaitWeb(t *testing.T, root string) {
	t.Helper()
	await(t, "the port for web clients", func() bool {
		r, err := http.Get(root + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// stow sends objects in one request; nil tells that all were acknowledged.
func stow(root string, objects ...*dicom.Dataset) error {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, d := range objects {
		p, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/dicom"}})
		if err == nil {
			err = dicom.WritePart10(p, d, dicom.Meta{})
		}
		if err != nil {
			return err
		}
	}
	w.Close()
	r, err := http.Post(root+"/dicom-web/studies", `multipart/related; type="application/dicom"; boundary=`+w.Boundary(), &body)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", r.Status, text)
	}
	return err
}

// TestWebKilledKeepsWhatItAcknowledged kills the server while objects come by
// web: those that it acknowledged are there after the next start.
func TestWebKilledKeepsWhatItAcknowledged(t *testing.T) {
	s, root := newWebSite(t)
	s.start()
	awaitWeb(t, root)
	var mu sync.Mutex
	var kept []string
	var clients sync.WaitGroup
	for c := range 3 {
		clients.Go(func() {
			for n := 1; ; n++ {
				sop := fmt.Sprintf("1.2.%d.1.%d", c+1, n)
				d := image(fmt.Sprintf("W%d", c), fmt.Sprintf("1.2.%d", c+1), fmt.Sprintf("1.2.%d.1", c+1), sop, n)
				if stow(root, d) != nil {
					return
				}
				mu.Lock()
				kept = append(kept, sop)
				mu.Unlock()
			}
		})
	}
	await(t, "objects", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(kept) > 30
	})
	s.cmd.Process.Kill()
	clients.Wait()
	<-s.stopped
	s.cmd = nil
	s.start()
	awaitWeb(t, root)
	for _, sop := range kept {
		r, err := http.Get(root + "/dicom-web/instances?SOPInstanceUID=" + sop)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if !strings.Contains(string(text), sop) {
			t.Errorf("%s was acknowledged and is not there", sop)
		}
	}
}

// TestWebOpensLoopbackOnly holds that an address for all, without a list of who
// may call, opens the port for this machine only; and that a rule of the site
// sees objects of web clients.
func TestWebOpensLoopbackOnly(t *testing.T) {
	s, root := newWebSite(t, "HTTPAddress = *", `ImportConverter0 = set 0010,4000 to "by %u"`)
	s.start()
	awaitWeb(t, root)
	if !strings.Contains(s.log(), fmt.Sprintf("Web clients: http://127.0.0.1:%d/", s.port+5)) {
		t.Errorf("the log does not tell the address:\n%s", s.log())
	}
	if err := stow(root, image("R1", "1.3", "1.3.1", "1.3.1.1", 1)); err == nil || !strings.Contains(err.Error(), "202") || !strings.Contains(err.Error(), "45056") {
		t.Errorf("a coerced object is not told: %v", err)
	}
	r, err := http.Get(root + "/dicom-web/studies/1.3/metadata")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if text, _ := io.ReadAll(r.Body); !strings.Contains(string(text), "by WEB") {
		t.Errorf("the import converter did not run: %s", text)
	}
}

// TestWebAccessIsNoted holds the lines of the user log for what web clients see,
// store and delete, and that failures leave none.
func TestWebAccessIsNoted(t *testing.T) {
	s, root := newWebSite(t, "UserLog = <DIR>/PacsUser.log", "DICOMwebDelete = 1", "UndoHours = 1")
	s.start()
	awaitWeb(t, root)
	if err := stow(root, image(`A"B`, "1.2.71", "1.2.71.1", "1.2.71.1.1", 1), image(`A"B`, "1.2.71", "1.2.71.1", "1.2.71.1.2", 2)); err != nil {
		t.Fatal(err)
	}
	web := root + "/dicom-web"
	for _, path := range []string{
		"/studies?PatientID=A*", "/studies/1.2.71", "/studies/1.2.71/metadata", "/studies/1.2.71/series/1.2.71.1/instances/1.2.71.1.1/frames/1",
		"/studies/1.2.71/thumbnail", "/studies/9.9.9",
	} {
		s.web("GET", web+path, "")
	}
	s.web("GET", root+"/wado?requestType=WADO&studyUID=1.2.71&seriesUID=1.2.71.1&objectUID=1.2.71.1.1", "")
	if status, _, _ := s.web("DELETE", web+"/studies/1.2.71", ""); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if status, _, _ := s.web("GET", web+"/studies/1.2.71", ""); status != http.StatusGone {
		t.Errorf("what can be had back is answered with %d", status)
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "PacsUser.log"))
	if err != nil {
		t.Fatal(err)
	}
	log := string(text)
	for _, want := range []string{
		"HTTP store count 2 from 127.0.0.1", "HTTP search count 1 from 127.0.0.1", "HTTP retrieve patient A'B study 1.2.71 count 2 from", "HTTP metadata patient A'B",
		"HTTP frames patient A'B study 1.2.71 series 1.2.71.1 instance 1.2.71.1.1 count 1", "HTTP thumbnail patient", "HTTP delete", `","-               "`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("no line %q in\n%s", want, log)
		}
	}
	if strings.Contains(log, "9.9.9") || strings.Count(log, "HTTP retrieve") != 2 {
		t.Errorf("failures are noted, or accesses twice:\n%s", log)
	}
}

// TestWebRefusesClasses holds that an object of a class that dgatesop.lst does not
// list is refused by web clients as by associations.
func TestWebRefusesClasses(t *testing.T) {
	s, root := newWebSite(t)
	s.sops = "CT 1.2.840.10008.5.1.4.1.1.2 sop\nfind 1.2.840.10008.5.1.4.1.2.2.1 sop\n"
	s.start()
	awaitWeb(t, root)
	other := image("CLASS", "1.2.72", "1.2.72.1", "1.2.72.1.2", 2)
	other.SetString(dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.4")
	if err := stow(root, image("CLASS", "1.2.72", "1.2.72.1", "1.2.72.1.1", 1)); err != nil {
		t.Error(err)
	}
	if err := stow(root, other); err == nil || !strings.Contains(err.Error(), "409") || !strings.Contains(err.Error(), "[290]") {
		t.Errorf("an object of another class: %v", err)
	}
}

// TestWebFollowsChangedKeys holds that changed keys of the HTTP side count with
// read_ini, without a new start, and that a mistake among them leaves all as it was.
func TestWebFollowsChangedKeys(t *testing.T) {
	s, root := newWebSite(t, "DICOMwebMaxResults = 1", "HTTPServices = dicomweb,health")
	s.start()
	awaitWeb(t, root)
	for i := range 3 {
		study := fmt.Sprint("1.2.73.", i)
		s.store(image("KEYS", study, study+".1", study+".1.1", 1))
	}
	rows := func() int {
		_, text, _ := s.web("GET", root+"/dicom-web/studies", "")
		return strings.Count(text, `"0020000D"`)
	}
	if n := rows(); n != 1 {
		t.Errorf("%d rows before", n)
	}
	before := s.ini
	change := func(old, new string) {
		s.ini = strings.Replace(s.ini, old, new, 1)
		s.configure()
		s.run("--read_ini:")
	}
	change("DICOMwebMaxResults = 1", "DICOMwebMaxResults = 2")
	await(t, "the changed limit", func() bool { return rows() == 2 })
	change("dicomweb,health", "dicomweb,health,ui")
	await(t, "the pages", func() bool { status, _, _ := s.web("GET", root+"/ui", ""); return status == 200 })
	change("HTTPOrigins = http://viewer.example", "HTTPOrigins = no origin")
	await(t, "the refusal of the mistake", func() bool { return strings.Contains(s.log(), "not taken over") })
	if status, _, _ := s.web("GET", root+"/ui", ""); status != 200 || rows() != 2 {
		t.Errorf("after a mistake: %d, %d rows", status, rows())
	}
	s.ini = before
	s.configure()
	s.run("--read_ini:")
	await(t, "the keys of before", func() bool { status, _, _ := s.web("GET", root+"/ui", ""); return status == 404 && rows() == 1 })
}
