package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/regress/rig"
)

// tool finds a foreign program; without it the test is skipped, or fails when CI
// is set.
func tool(t *testing.T, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if fi, e := os.Stat("/usr/sbin/" + name); e == nil && !fi.IsDir() {
			return "/usr/sbin/" + name
		}
		rig.Missing(t, name, ": install ", from)
	}
	return path
}

func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// writeObject writes d as a file.
func writeObject(t *testing.T, path string, d *dicom.Dataset) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := dicom.WritePart10(f, d, dicom.Meta{}); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDCMTK: the services with the programs of dcmtk, over TLS too.
func TestDCMTK(t *testing.T) {
	for _, name := range []string{"echoscu", "storescu", "findscu", "movescu", "getscu"} {
		tool(t, name, "the package dcmtk")
	}
	dir := t.TempDir()
	ca := certificate(t, dir, "ca", nil)
	certificate(t, dir, "server", ca)
	certificate(t, dir, "client", ca)
	s := newSite(t)
	s.ini = strings.ReplaceAll(s.ini, "MAGDevices = 1", "MAGDevices = 1\nTLSPort = <PORT1>\nTLSCertificate = "+dir+"/server.crt\nTLSKey = "+dir+"/server.key\nTLSClientCA = "+dir+"/ca.crt")
	s.aemap += "GETTER 127.0.0.1 <PORT5> un\n"
	s.start()
	to := func(args ...string) []string {
		return append(append([]string{"-aet", "PROBE", "-aec", s.ae}, args...), "127.0.0.1", fmt.Sprint(s.port))
	}
	command(t, dir, "echoscu", to()...)
	command(t, dir, "echoscu", "+tls", "client.key", "client.crt", "+cf", "ca.crt", "-aec", s.ae, "127.0.0.1", fmt.Sprint(s.port+1))
	var files []string
	for i := range 3 {
		files = append(files, writeObject(t, filepath.Join(dir, fmt.Sprintf("%d.dcm", i)),
			image("DCMTK", "1.2.4.1", "1.2.4.1.1", fmt.Sprintf("1.2.4.1.1.%d", i+1), i+1)))
	}
	command(t, dir, "storescu", append(to("-xi"), files...)...)
	out := command(t, dir, "findscu", to("-S", "-k", "QueryRetrieveLevel=IMAGE", "-k", "PatientID=DCMTK", "-k", "SOPInstanceUID")...)
	if n := strings.Count(out, "(0008,0018) UI [1.2.4.1.1."); n != 3 {
		t.Errorf("findscu found %d objects, want 3:\n%s", n, out)
	}
	got := filepath.Join(dir, "get")
	os.Mkdir(got, 0o777)
	command(t, dir, "getscu", to("-S", "-od", got, "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.4.1")...)
	moved := filepath.Join(dir, "moved")
	os.Mkdir(moved, 0o777)
	command(t, dir, "movescu", append([]string{"-aet", "GETTER", "-aec", s.ae, "-aem", "GETTER", "+P", fmt.Sprint(s.port + 5), "-S", "-od", moved,
		"-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.4.1"}, "127.0.0.1", fmt.Sprint(s.port))...)
	for _, d := range []string{got, moved} {
		list, err := os.ReadDir(d)
		if err != nil || len(list) != 3 {
			t.Errorf("%d files in %s, %v", len(list), d, err)
		}
		for _, f := range list {
			sameObject(t, filepath.Join(d, f.Name()))
		}
	}
}

// sameObject compares a received file with the object of the same number that
// was sent.
func sameObject(t *testing.T, path string) {
	t.Helper()
	f, err := dicom.ReadFile(path, dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, _ := f.Int(dicom.InstanceNumber)
	want := image(f.String(dicom.PatientID), f.String(dicom.StudyInstanceUID), f.String(dicom.SeriesInstanceUID), f.String(dicom.SOPInstanceUID), n)
	if !bytes.Equal(f.Value(dicom.PixelData), want.Value(dicom.PixelData)) || f.String(dicom.PatientName) != want.String(dicom.PatientName) {
		t.Errorf("%s differs from what was sent", path)
	}
}

// orthanc is a running Orthanc.
type orthanc struct {
	t   *testing.T
	url string
}

func startOrthanc(t *testing.T, s *site, plugins ...string) *orthanc {
	t.Helper()
	path := tool(t, "Orthanc", "the package orthanc")
	dir := t.TempDir()
	config := map[string]any{
		"Name": "peer", "StorageDirectory": dir + "/db", "IndexDirectory": dir + "/db", "Plugins": append([]string{}, plugins...),
		"HttpPort": s.port + 3, "DicomPort": s.port + 2, "DicomAet": "ORTHANC", "RemoteAccessAllowed": false,
		"AuthenticationEnabled": false, "DicomCheckCalledAet": false, "DicomAlwaysAllowStore": true, "DicomAlwaysAllowMove": true,
		"DicomAlwaysAllowFind": true, "DicomAlwaysAllowGet": true, "SynchronousCMove": true,
		"DicomModalities": map[string]any{"dgate": map[string]any{"AET": s.ae, "Host": "127.0.0.1", "Port": s.port, "AllowStorageCommitment": true}},
	}
	b, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "orthanc.json")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(path, "--verbose", file)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	o := &orthanc{t, fmt.Sprintf("http://127.0.0.1:%d", s.port+3)}
	await(t, "start of Orthanc", func() bool {
		r, err := http.Get(o.url + "/system")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == 200
	})
	return o
}

// call sends a request and reads its JSON answer into v.
func (o *orthanc) call(method, path, body string, v any) {
	o.t.Helper()
	rq, err := http.NewRequest(method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	r, err := http.DefaultClient.Do(rq)
	if err != nil {
		o.t.Fatal(err)
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	if r.StatusCode != 200 {
		o.t.Fatalf("Orthanc %s %s: %d %s", method, path, r.StatusCode, b)
	}
	if v != nil {
		if err := json.Unmarshal(b, v); err != nil {
			o.t.Fatalf("Orthanc %s: %v: %s", path, err, b)
		}
	}
}

func (o *orthanc) instances() []string {
	var list []string
	o.call("GET", "/instances", "", &list)
	return list
}

// TestOrthanc: an independent PACS as peer in both directions.
func TestOrthanc(t *testing.T) {
	s := newSite(t, "ForwardCollectDelay = 1")
	s.aemap += "ORTHANC 127.0.0.1 <PORT2> un\n"
	s.start()
	o := startOrthanc(t, s)
	var objects []*dicom.Dataset
	for i := range 5 {
		objects = append(objects, image("ORTH", "1.2.3.50.1", "1.2.3.50.1.1", fmt.Sprintf("1.2.3.50.1.1.%d", i+1), i+1))
	}
	s.store(objects...)

	// C-ECHO, C-FIND and C-MOVE that Orthanc asks for.
	o.call("POST", "/modalities/dgate/echo", "{}", nil)
	var query struct{ ID string }
	o.call("POST", "/modalities/dgate/query", `{"Level":"Study","Query":{"PatientID":"ORTH"}}`, &query)
	var answers []string
	o.call("GET", "/queries/"+query.ID+"/answers", "", &answers)
	if len(answers) != 1 {
		t.Fatalf("Orthanc found %d studies\n%s", len(answers), s.log())
	}
	o.call("POST", "/queries/"+query.ID+"/retrieve", `{"TargetAet":"ORTHANC","Synchronous":true}`, nil)
	instances := o.instances()
	if len(instances) != 5 {
		t.Fatalf("Orthanc got %d objects, want 5\n%s", len(instances), s.log())
	}

	// C-STORE from Orthanc, of objects with another identity, and commitment.
	var anonymous struct{ ID, Path string }
	var studies []string
	o.call("GET", "/studies", "", &studies)
	o.call("POST", "/studies/"+studies[0]+"/anonymize", `{"Replace":{"PatientID":"ORTH2"},"KeepSource":true,"Force":true}`, &anonymous)
	o.call("POST", "/modalities/dgate/store", `{"Resources":["`+anonymous.ID+`"],"Synchronous":true}`, nil)
	if n := s.count("ORTH2"); n != 5 {
		t.Errorf("%d objects stored by Orthanc, want 5", n)
	}
	var transaction struct{ ID string }
	o.call("POST", "/modalities/dgate/storage-commitment", `{"DicomInstances":[["1.2.840.10008.5.1.4.1.1.2","1.2.3.50.1.1.1"],["1.2.840.10008.5.1.4.1.1.2","9.9.9"]]}`, &transaction)
	var report struct {
		Status   string
		Success  []map[string]string
		Failures []map[string]any
	}
	await(t, "storage commitment report", func() bool {
		o.call("GET", "/storage-commitment/"+transaction.ID, "", &report)
		return report.Status != "Pending"
	})
	if len(report.Success) != 1 || len(report.Failures) != 1 || report.Failures[0]["SOPInstanceUID"] != "9.9.9" {
		t.Errorf("storage commitment: %+v\n%s", report, s.log())
	}

	// What the server asks of Orthanc: forwards, and Orthanc as virtual server.
	o.call("DELETE", "/studies/"+studies[0], "", nil)
	s.run("--forward:" + filepath.Join(s.dir, "none") + ",un,ORTHANC")
	out := s.run("--movestudy:(local),ORTHANC,1.2.3.50.1")
	if len(o.instances()) != 10 {
		t.Errorf("%d objects at Orthanc after a move to it, want 10: %s\n%s", len(o.instances()), out, s.log())
	}
}

// TestOrthancVirtual: Orthanc's objects are found and fetched through this
// server.
func TestOrthancVirtual(t *testing.T) {
	s := newSite(t, "VirtualServerFor0 = ORTHANC")
	s.aemap += "ORTHANC 127.0.0.1 <PORT2> un\n"
	s.start()
	o := startOrthanc(t, s)
	for i := range 3 {
		path := writeObject(t, filepath.Join(t.TempDir(), "x.dcm"), image("VIRT", "1.2.3.51.1", "1.2.3.51.1.1", fmt.Sprintf("1.2.3.51.1.1.%d", i+1), i+1))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		o.call("POST", "/instances", string(b), nil)
	}
	if n := s.count("VIRT"); n != 3 {
		t.Errorf("%d objects found, want 3\n%s", n, s.log())
	}
	dest := newAcceptor(t, s.port+4)
	out := s.run("--movestudy:(local),MYDEST,1.2.3.51.1")
	if n := len(dest.seen()); n != 3 {
		t.Errorf("%d objects arrived, want 3: %s\n%s", n, out, s.log())
	}
}

// TestPydicom: objects made by another library come back as they were.
func TestPydicom(t *testing.T) {
	python := "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import pydicom, numpy").Run(); err != nil {
		rig.Missing(t, "pydicom: install the packages python3-pydicom and python3-numpy")
	}
	tool(t, "storescu", "the package dcmtk")
	tool(t, "getscu", "the package dcmtk")
	dir := t.TempDir()
	command(t, dir, python, mustAbs(t, "testdata/pydicom_objects.py"), "make", dir)
	s := newSite(t, "IncomingCompression = as").start()
	files, err := filepath.Glob(filepath.Join(dir, "*.dcm"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		args := []string{"-aec", s.ae, "-xe"}
		if strings.Contains(f, "big") {
			args[2] = "-xb"
		}
		command(t, dir, "storescu", append(append(args, "127.0.0.1", fmt.Sprint(s.port)), f)...)
	}
	got := filepath.Join(dir, "got")
	os.Mkdir(got, 0o777)
	command(t, dir, "getscu", "-aec", s.ae, "-P", "+B", "-od", got, "-k", "QueryRetrieveLevel=PATIENT", "-k", "PatientID=PYD", "127.0.0.1", fmt.Sprint(s.port))
	out := command(t, dir, python, mustAbs(t, "testdata/pydicom_objects.py"), "compare", dir, got)
	if !strings.Contains(out, fmt.Sprintf("%d equal", len(files))) {
		t.Errorf("%s", out)
	}
}

// TestDCMJS: the services with dcmjs-dimse of the npm registry. It is installed
// into the folder DGATE_TEST_NPM, by default one in the cache of the user.
func TestDCMJS(t *testing.T) {
	tool(t, "node", "the package nodejs")
	tool(t, "npm", "the package npm")
	folder, err := rig.NPM("dcmjs-dimse@0.3.3")
	if err != nil {
		rig.Missing(t, err)
	}
	s := newSite(t)
	s.aemap += "DCMJS 127.0.0.1 <PORT5> un\n"
	s.start()
	dir := t.TempDir()
	for i := range 3 {
		writeObject(t, filepath.Join(dir, fmt.Sprintf("%d.dcm", i)), image("JS", "1.2.3.60.1", "1.2.3.60.1.1", fmt.Sprintf("1.2.3.60.1.1.%d", i+1), i+1))
	}
	script, err := os.ReadFile("testdata/dcmjs_client.js")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "client.js"), script, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "client.js", s.ae, fmt.Sprint(s.port), fmt.Sprint(s.port+5), dir)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(folder, "node_modules"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, s.log())
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(line, "= "); ok {
			got = append(got, strings.TrimSpace(text))
		}
	}
	if want := "echo 0, stored 3, found 3, got 3, moved 3, " +
		"commitment 0 event 2 of 1.2.3.60.99: kept 2 failed 1.2.3.60.1.1.77 for 112"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q\n%s", got, want, s.log())
	}
}
