package dimse

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/regress/rig"
)

// dcmtk runs a program of the dcmtk package; without it the test is skipped,
// or fails when CI is set.
func dcmtk(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		rig.Missing(t, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	return cmd
}

func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

func hostPort(addr string) []string {
	host, port, _ := net.SplitHostPort(addr)
	return []string{host, port}
}

func part10(t *testing.T, rows int, uid, ts string) string {
	t.Helper()
	ds := object(rows, uid)
	ds.SetTransferSyntax(ts)
	for _, e := range []dicom.Element{
		dicom.NewText(dicom.PatientID, dicom.LO, "P1"), dicom.NewText(dicom.StudyInstanceUID, dicom.UI, "1.2.3.1"),
		dicom.NewText(dicom.SeriesInstanceUID, dicom.UI, "1.2.3.1.1"),
	} {
		ds.Put(e)
	}
	var b bytes.Buffer
	if err := dicom.WritePart10(&b, ds, dicom.Meta{ImplementationClassUID: "1.2.3"}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), uid+".dcm")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestEchoSCU(t *testing.T) {
	addr, _ := startServer(t, &Server{Policy: shippedPolicy(), Handler: HandlerFunc(okHandler)})
	for _, args := range [][]string{nil, {"-pdu", "4096"}, {"-pdu", "131072"}, {"--repeat", "20"}, {"--abort"}, {"-ppc", "128"}, {"-pts", "38"}} {
		run(t, dcmtk(t, "echoscu", append(args, hostPort(addr)...)...))
	}
}

func TestEchoSCUOverTLS(t *testing.T) {
	cert, _ := certificate(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- (&Server{Handler: HandlerFunc(okHandler)}).Serve(ctx, l) }()
	cmd := dcmtk(t, "echoscu", append([]string{"+tla", "-ic"}, hostPort(l.Addr().String())...)...)
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "unknown option") || strings.Contains(string(out), "Unknown option") {
		t.Skip("NOT TESTED: this echoscu has no TLS")
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestStoreSCU(t *testing.T) {
	got := make(chan string, 10)
	addr, _ := startServer(t, &Server{Policy: shippedPolicy(), Handler: HandlerFunc(func(ctx context.Context, a *Association, m *Message) error {
		ds, err := m.Data.Dataset(dicom.ParseOptions{})
		if err != nil {
			return err
		}
		pixels := ds.Value(dicom.PixelData)
		got <- fmt.Sprint(ds.String(dicom.SOPInstanceUID), " ", m.Command.AffectedSOPInstanceUID, " ",
			m.Context.TransferSyntax.UID, " ", len(pixels))
		return okHandler(ctx, a, m)
	})})
	files := []string{part10(t, 10, "1.2.1", dicom.ExplicitLittleEndian), part10(t, 700, "1.2.2", dicom.ImplicitLittleEndian)}
	for _, c := range []struct {
		args []string
		ts   string
	}{
		{nil, dicom.ExplicitLittleEndian}, {[]string{"-xi"}, dicom.ImplicitLittleEndian}, {[]string{"-pdu", "4096"}, dicom.ExplicitLittleEndian},
		{[]string{"--max-send-pdu", "4096"}, dicom.ExplicitLittleEndian},
	} {
		run(t, dcmtk(t, "storescu", append(append(c.args, hostPort(addr)...), files...)...))
		for _, want := range []string{"1.2.1 1.2.1 " + c.ts + " 200", "1.2.2 1.2.2 " + c.ts + " 980000"} {
			if g := <-got; g != want {
				t.Errorf("%v: got %v, want %v", c.args, g, want)
			}
		}
	}
}

func TestFindSCU(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: findHandler(5, nil)})
	args := append([]string{"-v", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID=P1", "-k", "StudyInstanceUID="}, hostPort(addr)...)
	out := run(t, dcmtk(t, "findscu", args...))
	if n := strings.Count(out, "Find Response:") + strings.Count(out, "Find Response "); n < 5 || !strings.Contains(out, "1.2.4") {
		t.Errorf("%d answers:\n%s", n, out)
	}
}

func TestFindSCUCancel(t *testing.T) {
	cancelled := make(chan error, 1)
	addr, _ := startServer(t, &Server{Handler: findHandler(5, cancelled)})
	args := append([]string{"-v", "-S", "--cancel", "2", "-k", "QueryRetrieveLevel=STUDY"}, hostPort(addr)...)
	run(t, dcmtk(t, "findscu", args...))
	if cause := <-cancelled; cause != ErrCancelled {
		t.Errorf("cause %v", cause)
	}
}

func TestGetSCU(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: getHandler(5, nil)})
	dir := t.TempDir()
	args := append([]string{"-v", "-S", "-od", dir, "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2"}, hostPort(addr)...)
	out := run(t, dcmtk(t, "getscu", args...))
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 5 {
		t.Errorf("%d files:\n%s", len(files), out)
	}
}

func TestMoveSCU(t *testing.T) {
	addr, _ := startServer(t, &Server{Handler: getHandler(4, nil)})
	args := append([]string{"-v", "-S", "-aem", "DEST", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2"}, hostPort(addr)...)
	if out := run(t, dcmtk(t, "movescu", args...)); !strings.Contains(out, "Received Final Move Response (Success)") {
		t.Errorf("%s", out)
	}
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestStoreSCP(t *testing.T) {
	for _, option := range []string{"+xe", "+xi", "+xb"} {
		dir := t.TempDir()
		port := strconv.Itoa(freePort(t))
		cmd := dcmtk(t, "storescp", "-od", dir, option, "-pdu", "8192", port)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		addr := "127.0.0.1:" + port
		waitFor(t, func() bool {
			conn, err := net.Dial("tcp", addr)
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
		a := dial(t, addr, Request{Contexts: []ContextRequest{
			{AbstractSyntax: Verification},
			{AbstractSyntax: ctImage, TransferSyntaxes: []string{dicom.ImplicitLittleEndian, dicom.ExplicitBigEndian, dicom.ExplicitLittleEndian}},
		}})
		if err := a.Echo(context.Background()); err != nil {
			t.Error(err)
		}
		want := object(500, "1.2.3")
		if _, err := a.Store(context.Background(), StoreRequest{SOPClassUID: ctImage, SOPInstanceUID: "1.2.3", Data: NewData(want)}); err != nil {
			t.Error(err)
		}
		if err := a.Release(context.Background()); err != nil {
			t.Error(err)
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*1.2.3*"))
		if len(files) != 1 {
			t.Fatalf("%s: files %v", option, files)
		}
		got, err := dicom.ReadFile(files[0], dicom.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Value(dicom.PixelData), want.Value(dicom.PixelData)) || got.String(dicom.PatientName) != "Smith^John" {
			t.Errorf("%s: object differs", option)
		}
		got.Close()
	}
}
