package server

import (
	"net"
	"sync"
	"time"

	"conquest/dicomini"
	"conquest/dimse"
)

// guard is a listener that drops connections from hosts that DeniedIPs lists, or
// that AllowedIPs, when there is one, does not. Both follow the configuration
// while the server runs.
func (s *Server) guard(l net.Listener) net.Listener { return &guarded{Listener: l, s: s} }

type guarded struct {
	net.Listener
	s    *Server
	mu   sync.Mutex
	said map[string]time.Time // by host
}

// maxStrangers bounds the hosts whose refusal is remembered.
const maxStrangers = 1000

func (g *guarded) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if mayConnect(g.s.live.Current(), c.RemoteAddr()) {
			return c, nil
		}
		g.say(c.RemoteAddr())
		c.Close()
	}
}

// say logs a refusal, of each host once a minute at most.
func (g *guarded) say(addr net.Addr) {
	host := hostOf(addr)
	g.mu.Lock()
	now := time.Now()
	if now.Sub(g.said[host]) < time.Minute {
		g.mu.Unlock()
		return
	}
	if g.said == nil || len(g.said) >= maxStrangers {
		g.said = map[string]time.Time{}
	}
	g.said[host] = now
	g.mu.Unlock()
	g.s.con.Event("*** connection refused by AllowedIPs or DeniedIPs", "host", host)
}

func hostOf(addr net.Addr) string {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return host
}

// mayConnect tells whether a host may open associations.
func mayConnect(cfg *dicomini.Config, addr net.Addr) bool {
	allowed, _ := cfg.MainGet("AllowedIPs")
	denied, _ := cfg.MainGet("DeniedIPs")
	if allowed == "" && denied == "" {
		return true
	}
	ip := net.ParseIP(hostOf(addr))
	if denied != "" && matchesIP(denied, ip) {
		return false
	}
	return allowed == "" || matchesIP(allowed, ip)
}

// limits sets what bounds the associations: MaximumAssociations (1000),
// MaximumAssociationsPerHost (0: no bound) and AssociationMemory, the megabytes
// that all associations together keep of messages being received (256).
func limits(srv *dimse.Server, cfg *dicomini.Config) {
	number := func(key string) int { return max(cfg.Int(cfg.Main(), key, 0), 0) }
	srv.MaxAssociations = number("MaximumAssociations")
	srv.MaxPerHost = number("MaximumAssociationsPerHost")
	srv.MemoryBudget = int64(number("AssociationMemory")) << 20
}

// userName is who the peer says to be (user identity, PS3.7 D.3.3.7): the name
// of types 1 and 2; "" without one. Passcodes and tickets are not kept.
func (ses *session) userName() string {
	rq := ses.a.Proposal()
	if rq == nil || rq.User.Identity == nil {
		return ""
	}
	switch id := rq.User.Identity; id.Type {
	case 1, 2:
		return string(id.Primary[:min(len(id.Primary), maxUserName)])
	}
	return ""
}

const maxUserName = 256
