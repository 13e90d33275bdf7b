package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func newTest(t *testing.T, opt Options) *Server {
	t.Helper()
	opt.Log = slog.New(slog.DiscardHandler)
	s, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	s.Mount("/echo/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := CallerOf(r.Context())
		body, err := io.ReadAll(r.Body)
		if err != nil {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				Problem(w, r, http.StatusRequestEntityTooLarge, "too large")
				return
			}
			Problem(w, r, http.StatusBadRequest, "unreadable")
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s %s %s %s %d", s.Origin(r), r.URL.Path, c.Address, c.Role, len(body))
	}))
	s.Mount("/panic", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }))
	return s
}

// asked is a request with headers of "Name: value".
func asked(method, target, remote string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr, r.Host = remote, "127.0.0.1:8086"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return r
}

const here = "127.0.0.1:999"

func TestWhoMayCallAndWhat(t *testing.T) {
	s := newTest(t, Options{
		Base: "/dgate", Names: []string{"pacs.example"}, Origins: []string{"https://viewer.example"},
		Allowed: func(a netip.Addr) bool { return a == netip.MustParseAddr("10.0.0.5") },
		Proxy:   func(a netip.Addr) bool { return a == netip.MustParseAddr("10.0.0.1") },
	})
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		body   string // a part of it
	}{
		{"this machine is admin", asked("GET", "/echo/a", here), 200, "http://127.0.0.1:8086/dgate /echo/a 127.0.0.1 admin"},
		{"path with the base", asked("GET", "/dgate/echo/a/", here), 200, " /echo/a "},
		{"listed address is viewer", asked("GET", "/echo/", "10.0.0.5:1"), 200, "viewer"},
		{"other address", asked("GET", "/echo/", "10.0.0.6:1"), 403, "HTTPIPs"},
		{"loopback of IPv6", asked("GET", "/echo/", "[::1]:1"), 200, "admin"},
		{"forwarded by a stranger", asked("GET", "/echo/", "10.0.0.6:1", "X-Forwarded-For: 127.0.0.1"), 403, ""},
		{"forwarded by a proxy", asked("GET", "/echo/", "10.0.0.1:1", "X-Forwarded-For: 1.1.1.1, 10.0.0.5", "X-Forwarded-Proto: https", "X-Forwarded-Host: pacs.example"), 200, "https://pacs.example/dgate /echo/ 10.0.0.5 viewer"},
		{"forged through a proxy", asked("GET", "/echo/", "10.0.0.1:1", "X-Forwarded-For: 10.0.0.5, 1.1.1.1"), 403, ""},
		{"known host", asked("GET", "/echo/", here, "Host: PACS.example:8086"), 200, ""},
		{"rebound host", asked("GET", "/echo/", here, "Host: evil.example"), 421, "HTTPNames"},
		{"unknown path", asked("GET", "/nothing", here), 404, "problem"},
		{"coded slash", asked("GET", "/echo/..%2f..%2fetc", here), 400, ""},
		{"backslash", asked("GET", "/echo/a%5cb", here), 400, ""},
		{"NUL", asked("GET", "/echo/%00", here), 400, ""},
		{"page of another origin changes", asked("POST", "/echo/", here, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"), 403, "HTTPOrigins"},
		{"page of a listed origin", asked("POST", "/echo/", here, "Origin: https://viewer.example", "Sec-Fetch-Site: cross-site"), 200, ""},
		{"program without origin", asked("POST", "/echo/", here), 200, ""},
		{"coding that is not known", withBody(asked("POST", "/echo/", here, "Content-Encoding: br"), []byte("x")), 415, ""},
		{"panic", asked("GET", "/panic", here), 500, "internal error"},
		{"page for people", asked("GET", "/nothing", here, "Accept: text/html,*/*"), 404, "<h1>"},
	} {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, c.r)
		body := w.Body.String() + w.Header().Get("Content-Type")
		if w.Code != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s: %d %s, want %d %s", c.name, w.Code, body, c.status, c.body)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Server": "", "Referrer-Policy": "no-referrer"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", c.name, name, got)
			}
		}
		if w.Header().Get("X-Request-Id") == "" || w.Code >= 400 && strings.Contains(body, "goroutine") {
			t.Errorf("%s: %v %s", c.name, w.Header(), body)
		}
	}
}

func withBody(r *http.Request, body []byte) *http.Request {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}

func TestPreflight(t *testing.T) {
	s := newTest(t, Options{Origins: []string{"https://viewer.example"}})
	for origin, want := range map[string]string{"https://viewer.example": "https://viewer.example", "https://evil.example": ""} {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, asked("OPTIONS", "/echo/", here, "Origin: "+origin, "Access-Control-Request-Method: GET"))
		if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != http.StatusNoContent || got != want {
			t.Errorf("%s: %d %q", origin, w.Code, got)
		}
	}
}

// TestBodiesAreBounded holds that a body is bounded as it comes and as it is
// unpacked.
func TestBodiesAreBounded(t *testing.T) {
	const limit = 1000
	s := newTest(t, Options{MaxBody: limit})
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 1<<20))
	z.Close()
	chunked := asked("POST", "/echo/", here)
	chunked.Body, chunked.ContentLength = io.NopCloser(bytes.NewReader(make([]byte, 2*limit))), -1
	for name, c := range map[string]struct {
		r      *http.Request
		status int
	}{
		"fits":     {withBody(asked("POST", "/echo/", here), make([]byte, limit)), 200},
		"declared": {withBody(asked("POST", "/echo/", here), make([]byte, limit+1)), 413},
		"chunked":  {chunked, 413},
		"bomb":     {withBody(asked("POST", "/echo/", here, "Content-Encoding: gzip"), bomb.Bytes()), 413},
		"no gzip":  {withBody(asked("POST", "/echo/", here, "Content-Encoding: gzip"), []byte("hello")), 400},
	} {
		if bomb.Len() > limit && name == "bomb" {
			c.r = withBody(c.r, bomb.Bytes()[:limit])
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, c.r)
		if w.Code != c.status && !(name == "bomb" && w.Code == 413) {
			t.Errorf("%s: %d, want %d", name, w.Code, c.status)
		}
	}
}

// TestTooManyRequests holds that requests beyond the bound are told to come again.
func TestTooManyRequests(t *testing.T) {
	s := newTest(t, Options{MaxRequests: 1})
	inside, leave := make(chan bool), make(chan bool)
	s.Mount("/wait", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside <- true; <-leave }))
	done := make(chan bool)
	go func() {
		s.Handler().ServeHTTP(httptest.NewRecorder(), asked("GET", "/wait", here))
		close(done)
	}()
	<-inside
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, asked("GET", "/echo/", here))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	close(leave)
	<-done
}

// TestHealth holds /healthz, /readyz and an end that waits.
func TestHealth(t *testing.T) {
	s := newTest(t, Options{Address: "127.0.0.1:0"})
	ready := errors.New("no device has room")
	s.MountHealth(func(context.Context) error { return ready })
	ctx, stop := context.WithCancel(t.Context())
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503} {
		r, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != want || want == 503 && !strings.Contains(string(text), ready.Error()) {
			t.Errorf("%s: %d %s", path, r.StatusCode, text)
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server does not end")
	}
}
