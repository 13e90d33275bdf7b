package alert

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"conquest/console"
)

// hook is a web hook that collects what it gets.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string
	broken bool
}

func newHook(t *testing.T) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m Message
		json.NewDecoder(r.Body).Decode(&m)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.broken {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		h.got = append(h.got, m.State+" "+m.What)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := strings.Join(h.got, ", ")
	h.got = nil
	return got
}

type rig struct {
	*Alarm
	hook    *hook
	clock   time.Time
	trouble []Trouble
}

func newRig(t *testing.T) *rig {
	r := &rig{hook: newHook(t), clock: time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)}
	r.Alarm = New(Options{
		To: []string{r.hook.URL + "/secret"}, Quiet: 30 * time.Minute, Server: "HOUSE", State: filepath.Join(t.TempDir(), "alerts.json"),
		Console: console.New("", ""), Look: func(context.Context) []Trouble { return r.trouble },
	})
	r.now = func() time.Time { return r.clock }
	return r
}

// after looks once, so much later, with these troubles.
func (r *rig) after(d time.Duration, keys ...string) string {
	r.clock, r.trouble = r.clock.Add(d), nil
	for _, k := range keys {
		r.trouble = append(r.trouble, Trouble{k, "it does not answer"})
	}
	r.round(context.Background())
	return r.hook.take()
}

// TestOneEach: one message when it goes wrong, one when it is well, and quiet between.
func TestOneEach(t *testing.T) {
	r := newRig(t)
	for i, step := range []struct {
		after time.Duration
		keys  []string
		want  string
	}{
		{0, nil, ""},
		{time.Minute, []string{"index"}, "wrong index"},
		{time.Minute, []string{"index"}, ""},
		{time.Hour, []string{"index"}, ""},
		{time.Minute, []string{"index", "destination CT1"}, "wrong destination CT1"},
		{time.Minute, []string{"index"}, "well destination CT1"},
		{time.Minute, []string{"index", "destination CT1"}, ""}, // it flaps
		{time.Minute, []string{"index"}, ""},
		{time.Minute, []string{"index", "destination CT1"}, ""},
		{40 * time.Minute, []string{"index", "destination CT1"}, "wrong destination CT1"},
		{time.Minute, nil, "well"},
		{time.Hour, nil, ""},
		{time.Minute, []string{"index"}, "wrong index"},
	} {
		got := r.after(step.after, step.keys...)
		if step.want == "well" {
			if !strings.Contains(got, "well index") || !strings.Contains(got, "well destination CT1") {
				t.Errorf("step %d: %q", i, got)
			}
			continue
		}
		if got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}

// TestRestart: the next process tells nothing twice, and that it is well.
func TestRestart(t *testing.T) {
	r := newRig(t)
	if got := r.after(0, "index"); got != "wrong index" {
		t.Fatal(got)
	}
	now := r.now
	r.Alarm = New(r.opt)
	r.now = now
	if got := r.after(time.Minute, "index"); got != "" {
		t.Errorf("told twice: %q", got)
	}
	if got := r.after(time.Minute); got != "well index" {
		t.Errorf("well: %q", got)
	}
}

// TestUnreachable: what can not be sent is tried again, once it is sent it is not.
func TestUnreachable(t *testing.T) {
	r := newRig(t)
	r.hook.broken = true
	r.after(0, "index")
	r.hook.broken = false
	if got := r.after(time.Minute, "index"); got != "wrong index" {
		t.Errorf("second attempt: %q", got)
	}
	if got := r.after(time.Minute, "index"); got != "" {
		t.Errorf("third: %q", got)
	}
	if got := withoutQuery("https://user:pw@chat.example/hooks/secret?x=y"); got != "https://chat.example" {
		t.Error(got)
	}
}

// mailSink is an SMTP server that takes one mail a connection.
func mailSink(t *testing.T) (address string, mails chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	mails = make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprint(c, "220 sink\r\n")
				r := textproto.NewReader(bufio.NewReader(c))
				var head []string
				for {
					line, err := r.ReadLine()
					if err != nil {
						return
					}
					switch word := strings.ToUpper(line[:min(4, len(line))]); word {
					case "DATA":
						fmt.Fprint(c, "354 go on\r\n")
						lines, err := r.ReadDotLines()
						if err != nil {
							return
						}
						mails <- strings.Join(head, "\n") + "\n" + strings.Join(lines, "\n")
						fmt.Fprint(c, "250 taken\r\n")
					case "QUIT":
						fmt.Fprint(c, "221 bye\r\n")
						return
					default:
						head = append(head, line)
						fmt.Fprint(c, "250 good\r\n")
					}
				}
			}()
		}
	}()
	return l.Addr().String(), mails
}

func TestMail(t *testing.T) {
	r := newRig(t)
	address, mails := mailSink(t)
	r.opt.To = []string{"night@hospital.example"}
	r.opt.Mail = Mail{Host: address, From: "dgate@hospital.example"}
	r.after(0, "destination Größe\r\nBcc: x")
	select {
	case m := <-mails:
		head, body, _ := strings.Cut(m, "\n\n")
		for _, want := range []string{"MAIL FROM:<dgate@hospital.example>", "RCPT TO:<night@hospital.example>", "Subject: =?utf-8?q?[HOUSE]_destination_Gr=C3=B6=C3=9Fe", "Auto-Submitted: auto-generated"} {
			if !strings.Contains(head, want) {
				t.Errorf("no %q in\n%s", want, head)
			}
		}
		if strings.Contains(head, "\nBcc:") {
			t.Errorf("a header was put in:\n%s", head)
		}
		text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\n", ""))
		if err != nil || !strings.Contains(string(text), "it does not answer") {
			t.Errorf("%q %v", text, err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no mail")
	}
}
