package web

import (
	"crypto/tls"
	"net/http"
	"sync"
)

// turns tells which server answers on a listener: the one that has it, or one that
// took its place.
type turns struct {
	mu      sync.Mutex // guards all below
	current *Server
	running map[*Server]int // requests under way
	retired map[*Server]func()
}

// Replace has next answer the requests that come from now on; those under way are
// answered by whom they came to. retired is called when the last of them has ended.
// What belongs to the listener stays: address, and whether it speaks TLS; the
// certificate is that of next.
func (s *Server) Replace(next *Server, retired func()) {
	t := s.turns
	t.mu.Lock()
	old := t.current
	t.current = next
	done := t.running[old] == 0
	if !done {
		t.retired[old] = retired
	}
	t.mu.Unlock()
	if done {
		retired()
	}
}

// begin gives the server whose turn it is a request.
func (t *turns) begin() *Server {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running[t.current]++
	return t.current
}

func (t *turns) end(s *Server) {
	t.mu.Lock()
	t.running[s]--
	var retired func()
	if t.running[s] == 0 {
		delete(t.running, s)
		retired = t.retired[s]
		delete(t.retired, s)
	}
	t.mu.Unlock()
	if retired != nil {
		retired()
	}
}

// handler hands each request to the server whose turn it is.
func (s *Server) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := s.turns.begin()
		defer s.turns.end(now)
		now.answer(w, r)
	})
}

// certificateOf is the TLS configuration of the server whose turn it is, nil for that
// of the listener.
func (s *Server) certificateOf(*tls.ClientHelloInfo) (*tls.Config, error) {
	s.turns.mu.Lock()
	now := s.turns.current
	s.turns.mu.Unlock()
	if now == s || now.opt.TLS == nil {
		return nil, nil
	}
	c := now.opt.TLS.Clone()
	c.MinVersion, c.NextProtos = max(c.MinVersion, tls.VersionTLS12), s.http.TLSConfig.NextProtos
	return c, nil
}
