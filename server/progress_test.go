package server_test

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"conquest/dicom"
	"conquest/dimse"
)

// TestProgressChannel: what option -x says about long commands, as recorded from
// the original.
func TestProgressChannel(t *testing.T) {
	heard, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()
	s := newSite(t, "PACSName = SITE", "OperatorConsole = 127.0.0.1")
	s.args = []string{"-v", fmt.Sprintf("-x%d", heard.LocalAddr().(*net.UDPAddr).Port)}
	s.start()
	dest := newAcceptor(t, s.port+4)
	s.store(image("P1", "1.2.9.1", "1.2.9.1.1", "1.2.9.1.1.1", 1), image("P1", "1.2.9.1", "1.2.9.1.1", "1.2.9.1.1.2", 2))
	for _, c := range []struct{ command, want string }{
		{"export:P1,1.2.9.1,,," + s.dir + "/a.zip,nop", `T='export',A=1 12/1 12/2 12/3 12/7 12/11 T='export',A=0`},
		{"movepatient:(local),MYDEST,P1", `T='dicommove',A=1 2/1 2/2 A=0`},
		{"modifier:P1,1.2.9.1,,,1,nop", `T='modifydata',A=1 2/0 2/1 A=0`},
		{"deletepatient:P1", `T='deletedicom',A=1 2/0 2/1 A=0`},
		{"deletestudy:P1:1.2.9.1", `T='deletedicom',A=1 A=0`},
	} {
		s.run(fmt.Sprintf("-p%d", s.port), "--"+c.command)
		var said []string
		for len(said) == 0 || !strings.HasSuffix(said[len(said)-1], "A=0") {
			said = append(said, shortProgress(t, heard))
		}
		if got := strings.Join(said, " "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.command, got, c.want)
		}
	}
	if n := len(dest.seen()); n != 2 {
		t.Errorf("%d objects moved, want 2", n)
	}
}

// TestProgressOfScriptsAndPrinting: what option -x says where a script moves with a
// number as fifth argument, and where films are printed, in the bytes of the original.
func TestProgressOfScriptsAndPrinting(t *testing.T) {
	heard, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()
	s := newSite(t, "PACSName = SITE", "OperatorConsole = 127.0.0.1")
	s.args = []string{"-v", fmt.Sprintf("-x%d", heard.LocalAddr().(*net.UDPAddr).Port)}
	s.start()
	newAcceptor(t, s.port+4)
	s.store(image("P1", "1.2.9.1", "1.2.9.1.1", "1.2.9.1.1.1", 1), image("P1", "1.2.9.1", "1.2.9.1.1", "1.2.9.1.1.2", 2))
	move := `lua:local q = DicomObject:new(); q.QueryRetrieveLevel = "PATIENT"; q.PatientID = "P1"; dicommove("%s", "MYDEST", q, 1, %s)`
	for _, c := range []struct {
		source, extra string
		want          []string
	}{
		{"(local)", "7", []string{"Process=7, Type='dicommove', Active=1\n", "Process=7, Total=2, Current=1\n", "Process=7, Total=2, Current=2\n", "Process=7, Type='dicommove', Active=0\n"}},
		{"NOBODY", "8", []string{"Process=8, Type='dicommove', Active=1\n", "Process=8, Active=0\n"}},
		{"NOBODY", `"x=1"`, nil},
	} {
		s.run(fmt.Sprintf("-p%d", s.port), "--"+fmt.Sprintf(move, c.source, c.extra))
		for _, want := range c.want {
			if got := rawProgress(t, heard); got != "[SITE] "+want {
				t.Errorf("%s: got %q, want %q", c.source, got, want)
			}
		}
	}
	a := s.printer()
	s.printRequest(a, dimse.NCreateRQ, dimse.BasicFilmSession, "1.2.3", nil)
	film := dicom.NewDataset(2)
	film.SetString(0x20100010, `STANDARD\1,1`)
	film.SetString(0x20100040, "PORTRAIT")
	s.printRequest(a, dimse.NCreateRQ, dimse.BasicFilmBox, "1.2.3.4", film)
	for _, want := range []string{"Type='creatingbasicfilmsession'\n", "Type='createbasicfilmbox'\n, Nbox=1, Orientation='PORTRAIT', Film=1"} {
		_, got, _ := strings.Cut(rawProgress(t, heard), ", ")
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// printer is an association for printing.
func (s *site) printer() *dimse.Association {
	s.t.Helper()
	a, err := dimse.Dial(context.Background(), fmt.Sprintf("127.0.0.1:%d", s.port), dimse.Request{Calling: "VIEWER", Called: "TESTED",
		Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.BasicGrayscalePrintManagement}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { a.Close() })
	return a
}

func (s *site) printRequest(a *dimse.Association, field dimse.CommandField, class, instance string, ds *dicom.Dataset) {
	s.t.Helper()
	var data *dimse.Data
	if ds != nil {
		data = dimse.NewData(ds)
	}
	if _, err := a.Request(context.Background(), a.Contexts()[0], dimse.Command{Field: field, AffectedSOPClassUID: class, AffectedSOPInstanceUID: instance}, data, nil); err != nil {
		s.t.Fatal(err)
	}
}

// rawProgress is the next message of the channel.
func rawProgress(t *testing.T, heard net.PacketConn) string {
	t.Helper()
	b := make([]byte, 1000)
	heard.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, _, err := heard.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

var (
	progressStep  = regexp.MustCompile(`^\[SITE\] Process=[1-9]\d*, Total=(\d+), Current=(\d+)\n$`)
	progressState = regexp.MustCompile(`^\[SITE\] Process=[1-9]\d*, (?:Type=('\w+'), )?Active=([01])\n$`)
)

// shortProgress reads a message: total/current, or T=type,A=active.
func shortProgress(t *testing.T, heard net.PacketConn) string {
	t.Helper()
	b := make([]byte, 1000)
	heard.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, _, err := heard.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	if m := progressStep.FindSubmatch(b[:n]); m != nil {
		return string(m[1]) + "/" + string(m[2])
	}
	m := progressState.FindSubmatch(b[:n])
	switch {
	case m == nil:
		t.Fatalf("message %q", b[:n])
	case len(m[1]) > 0:
		return "T=" + string(m[1]) + ",A=" + string(m[2])
	}
	return "A=" + string(m[2])
}
