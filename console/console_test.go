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
	c.OperatorChannel().Send(Writer(&out))
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
	target, err := Dial("udp", l.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := New("", "")
	c.SetName("PACS")
	c.OperatorChannel().Send(target)
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

func TestTogether(t *testing.T) {
	dir := t.TempDir()
	trouble, log := filepath.Join(dir, "PacsTrouble.log"), filepath.Join(dir, "serverstatus.log")
	c := New(trouble, "")
	var both, operator bytes.Buffer
	say := func() {
		together := c.Together()
		together.Operator("one %d", 1)
		together.Debug("two")
		together.Event("*** three", "key", "a b")
		together.Say()
	}
	c.OperatorChannel().Send(Writer(&operator))
	say()
	same := Writer(&both)
	c.OperatorChannel().Send(same)
	c.DebugChannel().Send(same)
	say()
	c.OperatorChannel().Send(File(log))
	c.OperatorChannel().Stamp(true)
	c.DebugChannel().Send(nil)
	say()
	if got, want := operator.String(), "one 1\n*** three key=\"a b\"\n"; got != want {
		t.Errorf("without debug channel %q, want %q", got, want)
	}
	if got, want := both.String(), "one 1\ntwo\n*** three key=\"a b\"\n"; got != want {
		t.Errorf("with debug channel %q, want %q", got, want)
	}
	text, _ := os.ReadFile(log)
	if !regexp.MustCompile(`^\w.* \d{4} one 1\n\w.* \d{4} \*\*\* three key="a b"\n$`).Match(text) {
		t.Errorf("file %q", text)
	}
	text, _ = os.ReadFile(trouble)
	if n := bytes.Count(text, []byte("*** three")); n != 3 {
		t.Errorf("%d messages in the trouble log, want 3: %q", n, text)
	}
}
