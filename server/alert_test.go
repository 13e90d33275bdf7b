package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAlerts: a destination that is away is told once, and once that it is back.
func TestAlerts(t *testing.T) {
	var mu sync.Mutex
	var got []string
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ State, What, How string }
		json.NewDecoder(r.Body).Decode(&m)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, m.State+" "+m.What)
	}))
	defer hook.Close()
	told := func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(got, ", ")
	}
	s := newSite(t, "AlertTo = "+hook.URL, "ExportConverters = 1", "ExportConverter0 = forward to MYDEST", "FailHoldOff = 1", "RetryDelay = 1").start()
	s.store(numbered("P", 1))
	wait := func(want string) {
		t.Helper()
		for range 600 {
			if told() == want {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("told %q, want %q\n%s", told(), want, s.log())
	}
	wait("wrong destination MYDEST")
	newAcceptor(t, s.port+4)
	wait("wrong destination MYDEST, well destination MYDEST")
}
