package console

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestTroubleGetsWhatHasStars(t *testing.T) {
	path := filepath.Join(t.TempDir(), "PacsTrouble.log")
	c := New(path, "")
	var out bytes.Buffer
	c.SetTargets(Writer(&out), nil)
	c.Operator("Written file: %s", "a.dcm")
	c.Operator("***Error saving to SQL: %s", "b.dcm")
	c.Debug("***Located file on mirror device:x")
	c.Trouble("Inconsistent A in B")
	if got, want := out.String(), "Written file: a.dcm\n***Error saving to SQL: b.dcm\n"; got != want {
		t.Errorf("operator channel %q, want %q", got, want)
	}
	data, _ := os.ReadFile(path)
	stamp := `[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} `
	want := "^" + stamp + `\*\*\*Error saving to SQL: b\.dcm\n` + stamp + `\*\*\*Located file on mirror device:x\n` + stamp + `Inconsistent A in B\n$`
	if !regexp.MustCompile(want).Match(data) {
		t.Errorf("trouble log:\n%s", data)
	}
}

func TestUserLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "PacsUser.log")
	New("", path).User("C-Store", "TESTSCU")
	data, _ := os.ReadFile(path)
	if !regexp.MustCompile(`\d "C-Store","TESTSCU         "\n$`).Match(data) {
		t.Errorf("user log %q", data)
	}
}

func TestUDP(t *testing.T) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	target, err := Dial("udp", l.LocalAddr().String(), func() string { return "PACS" })
	if err != nil {
		t.Fatal(err)
	}
	c := New("", "")
	c.SetTargets(target, nil)
	c.Operator("hello")
	buf := make([]byte, 100)
	n, _, err := l.ReadFrom(buf)
	if got := string(buf[:n]); got != "[PACS] hello\n" || err != nil {
		t.Errorf("datagram %q, %v", got, err)
	}
}

func TestLine(t *testing.T) {
	got := Line("destination does not answer", "ae", "PEER 1", "after", 3)
	if want := `destination does not answer ae="PEER 1" after=3`; got != want {
		t.Errorf("got %s", got)
	}
}
