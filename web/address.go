package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addresses are that of the peer of the connection, and that of the caller,
// which differs behind a trusted proxy.
func (s *Server) addresses(r *http.Request) (peer, caller netip.Addr) {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, netip.Addr{}
	}
	peer = ap.Addr().Unmap()
	caller = peer
	if !s.trusted(peer) {
		return peer, caller
	}
	// The last address that no trusted proxy has is the caller's: those before
	// it are words of the caller.
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(list) {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break
		}
		caller = a.Unmap()
		if !s.trusted(caller) {
			break
		}
	}
	return peer, caller
}

func (s *Server) trusted(a netip.Addr) bool {
	return s.opt.Proxy != nil && a.IsValid() && s.opt.Proxy(a)
}

// mayCall lets in this machine and those whom the site lists. A trusted proxy is
// let in for its callers only.
func (s *Server) mayCall(peer, caller netip.Addr) bool {
	if !peer.IsValid() || !caller.IsValid() {
		return false
	}
	return caller.IsLoopback() || s.opt.Allowed != nil && s.opt.Allowed(caller)
}

// knownHost tells whether the Host of a request is an address, a loopback name
// or a name that the site lists: other names are those of a page that has
// rebound its own to this server.
func (s *Server) knownHost(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return slices.ContainsFunc(s.opt.Names, func(n string) bool { return strings.EqualFold(n, host) })
}

// Origin is the address of the server as the caller of r sees it, such as
// "https://pacs.example/dgate", without a slash at its end.
func (s *Server) Origin(r *http.Request) string {
	scheme, host, prefix := "http", r.Host, ""
	if r.TLS != nil {
		scheme = "https"
	}
	if peer, _ := s.addresses(r); s.trusted(peer) {
		if v := firstOf(r.Header.Get("X-Forwarded-Proto")); v == "http" || v == "https" {
			scheme = v
		}
		if v := firstOf(r.Header.Get("X-Forwarded-Host")); v != "" && !strings.ContainsAny(v, "/\\ \t<>\"'") {
			host = v
		}
		if v := firstOf(r.Header.Get("X-Forwarded-Prefix")); strings.HasPrefix(v, "/") && !strings.ContainsAny(v, "\\ \t<>\"'") {
			prefix = strings.TrimRight(v, "/")
		}
	}
	if prefix == "" && s.opt.Base != "/" {
		prefix = s.opt.Base
	}
	return scheme + "://" + host + prefix
}

func firstOf(list string) string {
	first, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(first)
}
