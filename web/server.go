package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sort"
	"strings"
	"time"
)

// Options are what a [Server] is made of.
type Options struct {
	// Address is the host and port to listen on, as net.Listen takes it.
	Address string
	// TLS makes the server speak HTTPS (1.2 or newer); nil is plain HTTP.
	TLS *tls.Config
	// Base is the path below which all is served, "/" or "/dgate"; requests with
	// and without it are taken, since a proxy in front may cut it.
	Base string
	// Names are host names by which callers reach the server, besides loopback
	// names and addresses.
	Names []string
	// Allowed tells whether an address other than this machine's may call; nil
	// lets in none.
	Allowed func(netip.Addr) bool
	// Proxy tells whether X-Forwarded-* headers of this peer count; nil trusts
	// none.
	Proxy func(netip.Addr) bool
	// Origins may call from a browser; "*" is any.
	Origins []string
	// MaxBody bounds a request body in bytes; 0 is 4 GB.
	MaxBody int64
	// MaxRequests bounds the requests under way at once; 0 is 64.
	MaxRequests int
	// Login tells who calls; nil gives this machine the role admin and others
	// viewer. The path of r is without Base.
	Login func(r *http.Request, address netip.Addr) (Caller, error)
	// Unauthorized answers those whom Login refused; nil is 401 with its text.
	Unauthorized func(w http.ResponseWriter, r *http.Request, err error)
	// Served is told of each request that was answered: under which pattern of Mount,
	// with which status. nil: nobody is told.
	Served func(pattern string, status int, took time.Duration)
	// Log is told of requests and failures; nil is slog.Default.
	Log *slog.Logger
}

// Server is an HTTP listener with its services.
type Server struct {
	opt   Options
	log   *slog.Logger
	mux   *http.ServeMux
	slots chan struct{}
	cross http.CrossOriginProtection
	http  *http.Server
	turns *turns
}

// Bounds of requests and connections.
const (
	headerLimit       = 64 << 10
	headerTime        = 10 * time.Second
	idleTime          = 120 * time.Second
	stallTime         = 60 * time.Second // without a byte read or written
	endTime           = 30 * time.Second // for running requests at the end
	defaultBody       = 4 << 30
	defaultConcurrent = 64
)

// New makes a server; services are mounted before [Server.Serve].
func New(opt Options) (*Server, error) {
	s := &Server{opt: opt, log: opt.Log, mux: http.NewServeMux(), turns: &turns{running: map[*Server]int{}, retired: map[*Server]func(){}}}
	s.turns.current = s
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.opt.MaxBody <= 0 {
		s.opt.MaxBody = defaultBody
	}
	if s.opt.MaxRequests <= 0 {
		s.opt.MaxRequests = defaultConcurrent
	}
	s.opt.Base = "/" + strings.Trim(opt.Base, "/")
	s.slots = make(chan struct{}, s.opt.MaxRequests)
	for _, origin := range opt.Origins {
		if origin == "*" {
			continue
		}
		if err := s.cross.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("origin %q: %w", origin, err)
		}
	}
	s.http = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerLimit,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// Mount serves requests that match a pattern of net/http.ServeMux, without
// method and host, such as "/dicom-web/". It must be called before Serve.
func (s *Server) Mount(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// Handler is the server as a handler, for tests and for other listeners.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Listen takes the port. The caller hands the listener to Serve.
func (s *Server) Listen() (net.Listener, error) {
	l, err := net.Listen("tcp", s.opt.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for HTTP on %s: %w", s.opt.Address, err)
	}
	return l, nil
}

// Serve answers requests until ctx ends; running requests then have half a
// minute to finish.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.http.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(ctx) }
	if s.opt.TLS != nil {
		s.http.TLSConfig = s.opt.TLS.Clone()
		s.http.TLSConfig.MinVersion = max(s.http.TLSConfig.MinVersion, tls.VersionTLS12)
		s.http.TLSConfig.GetConfigForClient = s.certificateOf
	}
	ended := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
		defer cancel()
		err := s.http.Shutdown(end)
		if err != nil {
			s.http.Close()
		}
		ended <- err
	})
	defer stop()
	var err error
	if s.opt.TLS != nil {
		err = s.http.ServeTLS(l, "", "")
	} else {
		err = s.http.Serve(l)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP on %s: %w", l.Addr(), err)
	}
	if err := <-ended; err != nil {
		return fmt.Errorf("end HTTP on %s: requests were cut off: %w", l.Addr(), err)
	}
	return nil
}

// methods that services may have.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Allow are the methods that mux answers for the path of r, parted by commas;
// "" when it knows the path not at all.
func Allow(mux *http.ServeMux, r *http.Request) string {
	var list []string
	for _, m := range methods {
		probe := r.Clone(r.Context())
		probe.Method = m
		if _, pattern := mux.Handler(probe); pattern != "" {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return ""
	}
	list = append(list, http.MethodOptions)
	sort.Strings(list)
	return strings.Join(list, ", ")
}

// Route serves r by mux and turns unknown paths and methods into problems: 404,
// and 405 with Allow.
func Route(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	if _, pattern := mux.Handler(r); pattern != "" {
		mux.ServeHTTP(w, r)
		return
	}
	allow := Allow(mux, r)
	if allow == "" {
		Problem(w, r, http.StatusNotFound, "nothing is at this address")
		return
	}
	w.Header().Set("Allow", allow)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	Problem(w, r, http.StatusMethodNotAllowed, "this address takes "+allow)
}
