package server_test

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
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
