package hl7

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"conquest/dicomini"
)

// recorded is what the original made of a text; the end of a long log is cut.
type recorded struct {
	Name, Text string
	Items      [][2]string
	Cut        bool
}

func TestParseAsRecorded(t *testing.T) {
	data, err := os.ReadFile("testdata/items.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var r recorded
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		t.Run(r.Name, func(t *testing.T) {
			var got [][2]string
			err := Parse(r.Text, func(it Item) bool { got = append(got, [2]string{it.Type, it.Contents}); return true })
			if bad := r.Text == "garbage"; bad != errors.Is(err, ErrFormat) {
				t.Errorf("error %v", err)
			}
			want := r.Items
			if r.Cut {
				want = want[:len(want)-1]
				got = got[:min(len(got), len(want))]
			}
			if a, b := fmt.Sprint(got), fmt.Sprint(want); a != b {
				t.Errorf("items\n%s\nwant\n%s", a, b)
			}
		})
	}
}

// worklist is a table whose columns are filled by the given items.
func worklist(items ...string) *dicomini.Table {
	t := &dicomini.Table{Name: "WorkList"}
	for i, it := range items {
		t.Columns = append(t.Columns, dicomini.Column{Name: fmt.Sprintf("C%d", i), Length: 64, HL7: it})
	}
	return t
}

func allRows(text string, table *dicomini.Table, makeUID func() string) (rows []Row, err error) {
	err = Rows(text, table, makeUID, nil, func(r Row) { rows = append(rows, r) })
	return rows, err
}

func TestRows(t *testing.T) {
	message := func(end string) string {
		return strings.Join([]string{`MSH|^~\&|A|B|C|D|20240102030405||ORM^O01|1|P|2.3`, `PID|1|2|3|PID77|Doe^John||19700101|M`,
			`OBR|1|2|ACC77|77^HEAD`, `OBR|2|2|ACC78|78^KNEE`}, end) + end
	}
	table := worklist("OBR.3", "PID.4", "PID.5.0", "PID.7.DATE", "MSH.6.TIME", "OBR.4.1", "---", "*AN", "*UI", "NTE.1")
	n := 0
	makeUID := func() string { n++; return fmt.Sprintf("1.2.826.0.1.3680043.9.%d", n) }
	want := map[string]string{
		"C0": "ACC77", "C1": "PID77", "C2": "Doe", "C3": "19700101", "C4": "030405", "C5": "HEAD", "C7": "end of a UID", "C8": "a UID",
	}
	for name, text := range map[string]string{
		"CR": message("\r"), "LF": message("\n"), "CRLF": message("\r\n"),
		"separator before the line end": message("|\r"), "no line end": strings.TrimRight(message("\r"), "\r"),
	} {
		rows, err := allRows(text, table, makeUID)
		if err != nil || len(rows) != 1 {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
			continue
		}
		got := map[string]string{}
		for _, f := range rows[0] {
			switch {
			case f.Column == "C7" && len(f.Value) == accessionLength:
				f.Value = "end of a UID"
			case f.Column == "C8" && strings.HasPrefix(f.Value, "1.2."):
				f.Value = "a UID"
			}
			got[f.Column] = f.Value
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	rows, err := allRows(message("\r")+message("\r"), table, makeUID)
	if err != nil || len(rows) != 2 {
		t.Errorf("two messages: %d rows, %v", len(rows), err)
	}
}

func TestOtherSeparators(t *testing.T) {
	var got []string
	Parse("MSH!*%\\&!A\rPID!x*y%z!\r", func(it Item) bool {
		if strings.HasPrefix(it.Type, "PID") {
			got = append(got, it.Type+"="+it.Contents)
		}
		return true
	})
	if want := "[PID.0=PID PID.1=x*y%z PID.1.0=x PID.1.1=y PID.1.2=z PID.1.END=]"; fmt.Sprint(got) != want {
		t.Errorf("got %v", got)
	}
}

func TestMLLP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan string, 1)
	s := &Listener{
		Accept: func(_ context.Context, m string) error {
			if strings.Contains(m, "BAD") {
				return errors.New("no | field")
			}
			accepted <- m
			return nil
		},
		Now: func() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) },
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	exchange := func(m string) string {
		t.Helper()
		if _, err := conn.Write(block(m)); err != nil {
			t.Fatal(err)
		}
		answer, err := readBlock(r)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	const head = "MSH|^~\\&|SCHED|WARD|PACS|HOSP|20240102||ORM^O01|%s|T|2.4\r"
	if got, want := exchange(fmt.Sprintf(head, "77")), "MSH|^~\\&|PACS|HOSP|SCHED|WARD|20240102030405||ACK^O01|20240102030405.000000|T|2.4\rMSA|AA|77\r"; got != want {
		t.Errorf("answer %q, want %q", got, want)
	}
	if m := <-accepted; !strings.HasPrefix(m, "MSH|") {
		t.Errorf("accepted %q", m)
	}
	if got := exchange(fmt.Sprintf(head, "BAD")); !strings.HasSuffix(got, "MSA|AE|BAD|no   field\r") {
		t.Errorf("answer %q", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestMLLPStrangers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := &Listener{Allowed: func(net.Addr) bool { return false }, Accept: func(context.Context, string) error { t.Error("taken"); return nil }}
	go s.Serve(ctx, l)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := bufio.NewReader(conn).ReadByte(); err == nil {
		t.Error("a stranger was not sent away")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("MSH|^~\\&|A|B|C|D|20240102030405||ORM^O01|1|P|2.3|\r\nPID|1|2|3|A~B^C|\r\n")
	f.Add("MSH|")
	f.Add("\r\rXYZ|1")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		Parse(text, func(it Item) bool { n += len(it.Type) + len(it.Contents); return n < 1<<24 })
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("MSH|^~\\&|A")
	f.Add("MSH")
	f.Fuzz(func(t *testing.T, text string) { (&Listener{}).acknowledge(text, errors.New(text)) })
}

// TestFieldLimit cuts fields at 255 bytes, as the original's buffer does.
func TestFieldLimit(t *testing.T) {
	for _, n := range []int{0, 254, 255, 256, 5000} {
		var got string
		value := strings.Repeat("x", n)
		if err := Parse("MSH|^~\\&|A\rPID|1|"+value+"|3\r", func(it Item) bool {
			if it.Type == "PID.2" {
				got = it.Contents
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if len(got) != min(n, 255) {
			t.Errorf("a field of %d bytes gives %d", n, len(got))
		}
	}
	answer := (&Listener{}).acknowledge("MSH|^~\\&|A\r", errors.New(strings.Repeat("y", 300)))
	if n := strings.Count(answer, "y"); n != 255 {
		t.Errorf("a reason of 300 bytes is answered with %d", n)
	}
}

// TestMessageLimit ends a connection whose message has no end.
func TestMessageLimit(t *testing.T) {
	for n, want := range map[int]error{maxMessage: nil, maxMessage + 1: errMessageTooLong} {
		text := append([]byte{startBlock}, bytes.Repeat([]byte{'x'}, n)...)
		got, err := readBlock(bufio.NewReader(bytes.NewReader(append(text, endBlock, '\r'))))
		if !errors.Is(err, want) || want == nil && len(got) != n {
			t.Errorf("%d bytes: %d, %v", n, len(got), err)
		}
	}
}

// TestMLLPConnections sends away who comes when as many are served as may be.
func TestMLLPConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	refused := make(chan error, 1)
	s := &Listener{Accept: func(context.Context, string) error { panic("of one message") }, Failed: func(_ net.Addr, err error) {
		if !strings.Contains(err.Error(), "of one message") {
			refused <- err
		}
	}}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	for range maxConnections {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		// The answer tells that the connection is served, and that a panic costs one message.
		if _, err := conn.Write(block("MSH|^~\\&|A|B|C|D||||7\r")); err != nil {
			t.Fatal(err)
		}
		if answer, err := readBlock(bufio.NewReader(conn)); err != nil || !strings.Contains(answer, "MSA|AE|7|") {
			t.Fatalf("answer %q, %v", answer, err)
		}
	}
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := <-refused; err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("refused: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// exhausted is a listener that has no descriptors for a while.
type exhausted struct {
	net.Listener
	left int
}

func (l *exhausted) Accept() (net.Conn, error) {
	if l.left--; l.left >= 0 {
		return nil, syscall.EMFILE
	}
	return l.Listener.Accept()
}

// TestMLLPComesBack takes messages again after connections could not be accepted.
func TestMLLPComesBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	told := make(chan error, 10)
	s := &Listener{Accept: func(context.Context, string) error { return nil }, Failed: func(_ net.Addr, err error) { told <- err }}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, &exhausted{l, 3}) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(block("MSH|^~\\&|A|B|C|D||||7\r")); err != nil {
		t.Fatal(err)
	}
	if answer, err := readBlock(bufio.NewReader(conn)); err != nil || !strings.Contains(answer, "MSA|AA|7") {
		t.Errorf("answer %q, %v", answer, err)
	}
	for range 3 {
		if err := <-told; !errors.Is(err, syscall.EMFILE) {
			t.Error(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// FuzzMLLP plays what peers send to a connection.
func FuzzMLLP(f *testing.F) {
	f.Add([]byte("\x0bMSH|^~\\&|A|B|C|D||||7\r\x1c\r\x0bMSH|\x1c\r"))
	f.Add([]byte("noise\x0b\x1c\x0b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		here, there := net.Pipe()
		s := &Listener{Accept: func(_ context.Context, m string) error {
			if len(m) > maxMessage {
				t.Error("message beyond the limit")
			}
			return nil
		}}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.serve(context.Background(), there)
		}()
		go io.Copy(io.Discard, here)
		here.Write(data)
		here.Close()
		<-done
	})
}
