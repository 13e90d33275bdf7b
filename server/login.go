package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"conquest/dicomini"
	"conquest/login"
	"conquest/web"
)

// newGate tells who the web clients are, as HTTPLogin says.
func (s *Server) newGate(cfg *dicomini.Config, origin func(*http.Request) string) (*login.Gate, error) {
	if g := s.gate.Load(); g != nil && s.gateOf != nil && cfg.SameLogins(s.gateOf) {
		return g, nil // and who is logged in stays so
	}
	logins := cfg.HTTPLogins()
	opt := login.Options{
		Users: slices.Contains(logins, "users"), Proxy: slices.Contains(logins, "proxy"),
		UsersFile: cfg.Value("HTTPUsers"), TokensFile: cfg.Value("HTTPTokens"),
		Trusted:    func(a netip.Addr) bool { return listed(s.Live.Current(), "HTTPProxies", a) },
		UserHeader: cfg.Value("HTTPUserHeader"), RoleHeader: cfg.Value("HTTPRoleHeader"),
		Open:   func(r *http.Request) (web.Role, bool) { return openWithoutLogin(s.Live.Current(), r) },
		Origin: origin, Top: s.topRole, Told: s.toldLogin,
	}
	if slices.Contains(logins, "oidc") {
		roles, err := login.ParseRoles(cfg.Value("HTTPOIDCRoles"))
		if err != nil {
			return nil, fmt.Errorf("HTTPOIDCRoles: %w", err)
		}
		opt.OIDC = &login.OIDC{Issuer: cfg.Value("HTTPOIDCIssuer"), Client: cfg.Value("HTTPOIDCClient"), SecretFile: cfg.Value("HTTPOIDCSecretFile"), Roles: roles}
	}
	g := login.New(opt)
	s.gate.Store(g)
	s.gateOf = cfg
	return g, nil
}

// readOnly tells whether web clients may change nothing: WEBReadOnly says so where
// there are no logins, whose roles decide elsewhere.
func (s *Server) readOnly() bool {
	cfg := s.Live.Current()
	return cfg.WEBReadOnly && len(cfg.HTTPLogins()) == 0
}

// topRole caps what anybody may do where WEBReadOnly is set.
func (s *Server) topRole() web.Role {
	if s.Live.Current().WEBReadOnly {
		return web.User
	}
	return web.Admin
}

func (s *Server) toldLogin(e login.Event) {
	s.auditLogin(e)
	switch {
	case !e.OK:
		s.Console.Event("*** web login refused", "user", e.User, "address", e.Address.String(), "by", e.How, "reason", e.Reason)
	case e.How == "logout":
		s.Console.Event("web logout", "user", e.User, "address", e.Address.String())
	default:
		s.Console.Event("web login", "user", e.User, "address", e.Address.String(), "by", e.How)
	}
}

// mayCall tells whether an address other than this machine's is let in: those
// that HTTPIPs lists, and all where that is empty and a login is asked for.
func mayCall(cfg *dicomini.Config, a netip.Addr) bool {
	if cfg.Value("HTTPIPs") == "" {
		return len(cfg.HTTPLogins()) > 0
	}
	return listed(cfg, "HTTPIPs", a)
}

// mayDelete tells whether a caller may delete over DICOMweb: DICOMwebDelete allows it
// to editors where there are logins, else to this machine.
func (s *Server) mayDelete(r *http.Request) bool {
	cfg, c := s.Live.Current(), web.CallerOf(r.Context())
	if !cfg.Switch("DICOMwebDelete") {
		return false
	}
	if len(cfg.HTTPLogins()) == 0 {
		return c.Address.IsLoopback()
	}
	return c.Role >= web.Editor
}

// openWithoutLogin is what anybody may have: the form, what it shows, and what
// HTTPAnonymous names.
func openWithoutLogin(cfg *dicomini.Config, r *http.Request) (web.Role, bool) {
	path := r.URL.Path
	if path == login.Root || strings.HasPrefix(path, login.Root+"/") || strings.HasPrefix(path, "/ui/assets/") || path == "/favicon.ico" {
		return web.Nobody, len(cfg.HTTPLogins()) > 0
	}
	open := words(strings.ToLower(cfg.Value("HTTPAnonymous")))
	switch {
	case path == "/metrics":
		return web.Viewer, slices.Contains(open, "metrics")
	case path == "/healthz" || path == "/readyz":
		return web.Viewer, slices.Contains(open, "health")
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions:
		return web.Nobody, false
	}
	return web.Viewer, slices.Contains(open, "dicomweb-read") && isDICOMwebRead(path)
}

// isDICOMwebRead tells whether a path is one of search and retrieve. What else
// lies below the original's root, such as scripts and moves, is not.
func isDICOMwebRead(path string) bool {
	if path == "/wado" || path == "/api/dicom/wadouri" {
		return true
	}
	for _, root := range []string{"/dicom-web/", "/api/dicom/rs/"} {
		if rest, ok := strings.CutPrefix(path, root); ok {
			first, _, _ := strings.Cut(rest, "/")
			return slices.Contains([]string{"studies", "series", "instances", "patients"}, first)
		}
	}
	return false
}

// pageLink is an address with a secret that shows the pages to whoever opens it
// first. Where the site has no port for web clients one is opened for this
// machine, until the server ends.
func (s *Server) pageLink() (string, error) {
	s.firstLook.Lock()
	defer s.firstLook.Unlock()
	if s.webAddress.Load() == nil {
		if err := s.openForThisMachine(); err != nil {
			return "", err
		}
	}
	return *s.webAddress.Load() + "#token=" + s.gate.Load().Link("console", web.Admin), nil
}

func (s *Server) openForThisMachine() error {
	cfg := s.Live.Current()
	if cfg.Number("HTTPPort") != 0 {
		return errors.New("the port for web clients, HTTPPort, is not open; the log says why")
	}
	if s.Commands.Running == nil {
		return errors.New("the server does not run yet")
	}
	w, done, err := s.newWeb(cfg)
	if err != nil {
		return err
	}
	l, err := w.Listen()
	if err != nil {
		done()
		return err
	}
	at := address(l.Addr(), false)
	s.webAddress.Store(&at)
	s.work.Go("HTTP for this machine", func() { s.serveListener(s.Commands.Running, cfg, w, l, done) })
	return nil
}
