package server_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/regress/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Clean()
	os.Exit(code)
}

// site is a server in a folder of its own, with ten ports of its own.
type site struct {
	t       testing.TB
	dir     string
	ae      string
	port    int // of the server; port+1 to port+9 belong to the test
	ini     string
	aemap   string
	sops    string   // dgatesop.lst; "" for the one built in
	args    []string // of the server; -v when there are none
	cmd     *exec.Cmd
	stopped chan struct{}
}

// freePorts are ten ports in a row that no other test has.
func freePorts(t testing.TB) int {
	first, release, err := rig.Ports()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return first
}

const probeINI = `[sscscp]
MicroPACS = sscscp
MyACRNema = <AE>
TCPPort = <PORT>
SQLHost = localhost
SQLServer = <DIR>/data/dbase/conquest.db3
SQLite = 1
ImportExportDragAndDrop = 1
UIDPrefix = 99999.99999
EnableComputedFields = 1
FileNameSyntax = 4
DroppedFileCompression = un
IncomingCompression = un
ArchiveCompression = as
MAGDeviceFullThreshold = 30
MAGDevices = 1
MAGDevice0 = <DIR>/data/
<MORE>
`

// newSite lays out a folder; lines are added to dicom.ini.
func newSite(t testing.TB, lines ...string) *site {
	path, err := rig.Binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: t.TempDir(), ae: "CONQUESTSRV1", port: freePorts(t)}
	s.ini = strings.ReplaceAll(probeINI, "<MORE>", strings.Join(lines, "\n"))
	s.aemap = "<AE> 127.0.0.1 <PORT> un\nMYDEST 127.0.0.1 <PORT4> un\n"
	for _, d := range []string{"data/dbase", "data/incoming", "data/printer_files"} {
		if err := os.MkdirAll(filepath.Join(s.dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(path, filepath.Join(s.dir, "dgate")); err != nil {
		b, _ := os.ReadFile(path)
		os.WriteFile(filepath.Join(s.dir, "dgate"), b, 0o755)
	}
	return s
}

// fill replaces the placeholders of a text.
func (s *site) fill(text string) string {
	pairs := []string{"<DIR>", s.dir, "<PORT>", fmt.Sprint(s.port), "<AE>", s.ae}
	for i := 1; i < 10; i++ {
		pairs = append(pairs, fmt.Sprintf("<PORT%d>", i), fmt.Sprint(s.port+i))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

var portNumber = regexp.MustCompile(`\b\d{5}\b`)

// portNames puts the placeholders of the ports back, for whole numbers only: the
// digits of a port also stand in dates and UIDs.
func (s *site) portNames(text string) string {
	return portNumber.ReplaceAllStringFunc(text, func(number string) string {
		port, _ := strconv.Atoi(number)
		switch i := port - s.port; {
		case i == 0:
			return "<PORT>"
		case i > 0 && i < 10:
			return fmt.Sprintf("<PORT%d>", i)
		}
		return number
	})
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(s.fill(text)), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// copyOf is a new site with the data of s.
func (s *site) copyOf(t testing.TB) *site {
	c := newSite(t)
	c.ini, c.aemap, c.sops, c.ae = s.ini, s.aemap, s.sops, s.ae
	if err := os.RemoveAll(filepath.Join(c.dir, "data")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(c.dir, "data"), os.DirFS(filepath.Join(s.dir, "data"))); err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs the binary with arguments and gives its output.
func (s *site) run(args ...string) string {
	cmd := exec.Command("./dgate", args...)
	cmd.Dir = s.dir
	out, _ := cmd.Output()
	return string(out)
}

func (s *site) configure() {
	s.write("dicom.ini", s.ini)
	s.write("acrnema.map", s.aemap)
	if s.sops != "" {
		s.write("dgatesop.lst", s.sops)
	}
}

// start starts the server and awaits that it listens; its output goes to
// server.log. It ends with the test.
func (s *site) start() *site {
	s.t.Helper()
	s.configure()
	log, err := os.OpenFile(filepath.Join(s.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	args := s.args
	if args == nil {
		args = []string{"-v"}
	}
	s.cmd = exec.Command("./dgate", args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, log, log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	stopped := make(chan struct{})
	s.stopped = stopped
	cmd := s.cmd
	go func() { cmd.Wait(); close(stopped) }()
	s.t.Cleanup(s.stop)
	for range 400 {
		c, err := net.DialTimeout("tcp", s.addr(), time.Second)
		if err == nil {
			c.Close()
			return s
		}
		select {
		case <-stopped:
			s.t.Fatalf("server ended:\n%s", s.log())
		case <-time.After(25 * time.Millisecond):
		}
	}
	s.t.Fatalf("server does not listen:\n%s", s.log())
	return nil
}

func (s *site) stop() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.stopped:
	case <-time.After(10 * time.Second):
		s.cmd.Process.Kill()
		<-s.stopped
	}
	s.cmd = nil
}

func (s *site) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

func (s *site) log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "server.log"))
	return string(b)
}

// await polls until ok holds.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s did not happen", what)
}

// dial opens an association for classes in the named transfer syntaxes.
func (s *site) dial(syntaxes []string, classes ...string) *dimse.Association {
	s.t.Helper()
	r := dimse.Request{Calling: "PROBE", Called: s.ae}
	for _, c := range classes {
		r.Contexts = append(r.Contexts, dimse.ContextRequest{AbstractSyntax: c, TransferSyntaxes: syntaxes})
	}
	a, err := dimse.Dial(context.Background(), s.addr(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { a.Close() })
	return a
}

// store sends objects in one association and demands success.
func (s *site) store(objects ...*dicom.Dataset) {
	s.t.Helper()
	seen := map[string]bool{}
	var classes []string
	for _, d := range objects {
		if c := d.String(dicom.SOPClassUID); !seen[c] {
			seen[c] = true
			classes = append(classes, c)
		}
	}
	a := s.dial([]string{dicom.ExplicitLittleEndian, dicom.ImplicitLittleEndian}, classes...)
	for _, d := range objects {
		_, err := a.Store(context.Background(), dimse.StoreRequest{
			SOPClassUID: d.String(dicom.SOPClassUID), SOPInstanceUID: d.String(dicom.SOPInstanceUID), Data: dimse.NewData(d),
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	if err := a.Release(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

// input reads an object of testdata/network.
func input(t testing.TB, name string) *dicom.Dataset {
	t.Helper()
	f, err := dicom.ReadFile(filepath.Join("testdata", "network", name), dicom.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return f.Dataset
}

// image makes a small grey image with these identifiers.
func image(patient, study, series, sop string, n int) *dicom.Dataset {
	d := dicom.NewDataset(32)
	for _, e := range []struct {
		tag   dicom.Tag
		value string
	}{
		{dicom.SOPClassUID, "1.2.840.10008.5.1.4.1.1.2"}, {dicom.SOPInstanceUID, sop}, {dicom.StudyDate, "20240102"},
		{dicom.StudyTime, "101112"}, {dicom.AccessionNumber, "ACC" + study[max(0, len(study)-4):]}, {dicom.Modality, "CT"},
		{dicom.PatientName, "Test^" + patient}, {dicom.PatientID, patient}, {dicom.PatientBirthDate, "19700101"},
		{dicom.StudyInstanceUID, study}, {dicom.SeriesInstanceUID, series}, {dicom.InstanceNumber, fmt.Sprint(n)},
		{dicom.PhotometricInterpretation, "MONOCHROME2"},
	} {
		d.SetString(e.tag, e.value)
	}
	for _, e := range []struct {
		tag   dicom.Tag
		value uint16
	}{
		{dicom.SamplesPerPixel, 1}, {dicom.Rows, 16}, {dicom.Columns, 16}, {dicom.BitsAllocated, 8},
		{dicom.BitsStored, 8}, {dicom.HighBit, 7}, {dicom.PixelRepresentation, 0},
	} {
		d.SetUint16(e.tag, e.value)
	}
	d.Put(dicom.Element{Tag: dicom.PixelData, VR: dicom.OW, Value: bytes.Repeat([]byte{byte(n), 200}, 128)})
	d.SetTransferSyntax(dicom.ExplicitLittleEndian)
	return d
}
