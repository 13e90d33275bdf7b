package server

import (
	"sync"

	"conquest/dicomini"
	"conquest/web"
)

// webPort is the listener for web clients, and what answers there now.
type webPort struct {
	mu       sync.Mutex // guards all below
	listener *web.Server
	cfg      *dicomini.Config // that what answers was made of
	done     func()           // ends it
}

func (p *webPort) open(w *web.Server, cfg *dicomini.Config, done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener, p.cfg, p.done = w, cfg, done
}

func (p *webPort) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done()
	p.listener = nil
}

// followHTTP takes changed keys of the HTTP side over: from then on requests are
// answered as they say. Port and address stay, and whether there is TLS. What can not
// be taken over leaves all as it is.
func (s *Server) followHTTP(cfg *dicomini.Config) {
	p := &s.webPort
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil || cfg.SameHTTP(p.cfg) {
		return
	}
	if (cfg.Value("HTTPCertificate") == "") != (p.cfg.Value("HTTPCertificate") == "") {
		s.Console.Event("HTTPCertificate begins or ends encryption with the next start")
	}
	w, done, err := s.newWeb(cfg)
	if err != nil {
		s.Console.Event("*** changed keys of the HTTP side are not taken over", "error", err)
		return
	}
	p.listener.Replace(w, p.done)
	p.cfg, p.done = cfg, done
	s.Console.Event("web clients are answered by the changed keys")
}
