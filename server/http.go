package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"conquest/access"
	"conquest/compat"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dicomweb"
	"conquest/group"
	"conquest/login"
	"conquest/ohif"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/storage"
	"conquest/web"
)

// httpAgain is how long a port for HTTP that is held by another is waited for
// before the next attempt.
const httpAgain = 30 * time.Second

// serveHTTP opens the port for web clients, when there is one to be opened. What
// keeps it from being opened keeps nothing else from running.
func (s *Server) serveHTTP(ctx context.Context, work *group.Group, cfg *dicomini.Config) {
	if cfg.Number("HTTPPort") == 0 {
		return
	}
	w, done, err := s.newWeb(cfg)
	if err != nil {
		oplog.HTTPFailed(s.Console, err)
		return
	}
	work.Go("HTTP", func() {
		l := s.listenHTTP(ctx, w)
		if l == nil {
			done()
			return
		}
		s.serveListener(ctx, cfg, w, l, done)
	})
}

// serveListener answers web clients until ctx ends.
func (s *Server) serveListener(ctx context.Context, cfg *dicomini.Config, w *web.Server, l net.Listener, done func()) {
	s.webPort.open(w, cfg, done)
	defer s.webPort.close()
	at := address(l.Addr(), cfg.Value("HTTPCertificate") != "")
	s.webAddress.Store(&at)
	oplog.WebClients(s.Console, at)
	if s.isNew.Load() {
		oplog.FirstSteps(s.Console, at, cfg.MyACRNema, cfg.Port())
	}
	if err := w.Serve(ctx, l); err != nil {
		s.Console.Event("*** HTTP ended", "error", err)
	}
}

// address is what a browser on this machine calls.
func address(a net.Addr, secure bool) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/"
}

// listenHTTP takes the port, or waits for it; nil when ctx ended before.
func (s *Server) listenHTTP(ctx context.Context, w *web.Server) net.Listener {
	for said := false; ; {
		l, err := w.Listen()
		if err == nil {
			return l
		}
		if !said {
			oplog.HTTPFailed(s.Console, err)
			said = true
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(httpAgain):
		}
	}
}

// newWeb builds the listener and its services.
func (s *Server) newWeb(cfg *dicomini.Config) (w *web.Server, done func(), err error) {
	opt := web.Options{
		Address: s.httpAddress(cfg),
		Base:    cfg.Value("HTTPBase"),
		Names:   words(cfg.Value("HTTPNames")),
		Allowed: func(a netip.Addr) bool { return mayCall(s.Live.Current(), a) },
		Proxy:   func(a netip.Addr) bool { return listed(s.Live.Current(), "HTTPProxies", a) },
		Origins: words(cfg.Value("HTTPOrigins")),
		MaxBody: int64(cfg.Number("HTTPMaxBody")) << 20, MaxRequests: cfg.Number("HTTPMaxRequests"),
		Log: slog.New(consoleHandler{con: s.Console}),
	}
	if s.Meter != nil {
		opt.Served = s.countRequest
	}
	if cert := cfg.Value("HTTPCertificate"); cert != "" {
		if opt.TLS, err = access.HTTPTLS(cert, cfg.Value("HTTPKey")); err != nil {
			return nil, nil, fmt.Errorf("HTTPCertificate: %w", err)
		}
	}
	gate, err := s.newGate(cfg, func(r *http.Request) string { return w.Origin(r) })
	if err != nil {
		return nil, nil, err
	}
	opt.Login, opt.Unauthorized = gate.Caller, gate.Unauthorized
	if w, err = web.New(opt); err != nil {
		return nil, nil, err
	}
	w.Mount(login.Root, gate.Handler())
	w.Mount(login.Root+"/", gate.Handler())
	served := dicomweb.New(s.Served, s.dicomwebOptions(cfg, w))
	services := words(cfg.Value("HTTPServices"))
	if slices.Contains(services, "dicomweb") {
		mountDICOMweb(w, served, cfg.Switch("DICOMwebLegacyJSON"), func(way string, h http.Handler) http.Handler { return s.named(way, h, nil) })
		if slices.Contains(services, "compat") {
			s.mountCompat(w, cfg, served, services)
		}
	}
	if slices.Contains(services, "api") {
		s.mountAPI(w)
	}
	s.mountMetrics(w)
	if slices.Contains(services, "health") {
		w.MountHealth(s.readyForWeb)
	}
	viewer, path := s.mountOHIF(cfg, w, services), ""
	if viewer != nil {
		path = ohif.Prefix
	}
	if slices.Contains(services, "ui") {
		if err := s.mountPages(w, cfg, path); err != nil {
			return nil, nil, err
		}
	}
	return w, func() {
		served.Close()
		if viewer != nil {
			viewer.Close()
		}
	}, nil
}

// mountDICOMweb serves the resources under their own root and under that of the
// original's programs.
func mountDICOMweb(w *web.Server, s *dicomweb.Service, legacy bool, named func(way string, h http.Handler) http.Handler) {
	for _, root := range []string{"/dicom-web", oldRoot} {
		h := named("DICOMweb", compat.Legacy(s.Handler(root), legacy && root == oldRoot))
		w.Mount(root, h)
		w.Mount(root+"/", h)
	}
	uri := named("WADO-URI", s.URI(dicomweb.URIOptions{}))
	w.Mount("/wado", uri)
	w.Mount("/api/dicom/wadouri", uri)
}

func (s *Server) dicomwebOptions(cfg *dicomini.Config, w *web.Server) dicomweb.Options {
	return dicomweb.Options{
		Origin: w.Origin, Problem: web.Problem,
		MayStore:    func(r *http.Request) bool { return web.CallerOf(r.Context()).Role >= web.User },
		MayDelete:   s.mayDelete,
		Accessed:    s.accessed,
		MaxResults:  cfg.Number("DICOMwebMaxResults"),
		Memory:      s.Memory,
		CacheFolder: filepath.Join(storage.NewDevices(cfg.Storage).MAG(0), "printer_files", "http"),
		CacheSize:   int64(cfg.Number("HTTPCache")) << 20,
		AETitle:     cfg.MyACRNema,
		Meta:        dicom.Meta{ImplementationClassUID: site.ImplementationClassUID, ImplementationVersionName: site.ImplementationVersion()},
		Log:         slog.New(consoleHandler{con: s.Console}),
	}
}

// httpAddress is where to listen: on this machine only where settings must not go
// together, or where the port is not that of the site.
func (s *Server) httpAddress(cfg *dicomini.Config) string {
	port := cfg.Number("HTTPPort")
	if port == 0 {
		return "127.0.0.1:0"
	}
	host := cfg.Value("HTTPAddress")
	for _, r := range cfg.HTTPRefusals() {
		oplog.HTTPOnlyHere(s.Console, r.Text)
		host = "127.0.0.1"
	}
	if host == "*" {
		host = ""
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func listed(cfg *dicomini.Config, key string, a netip.Addr) bool {
	list := dicomini.ParseHosts(cfg.Value(key))
	return cfg.Value(key) != "" && list.Has(a)
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' || c == ';' })
}

// readyForWeb tells why the server can not take objects now, nil when it can.
func (s *Server) readyForWeb(ctx context.Context) error {
	if s.Draining.Load() {
		return errors.New("the server is being drained")
	}
	for _, f := range s.Examine(ctx) {
		return errors.New(f.String())
	}
	return nil
}
