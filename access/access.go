// Package access decides who may reach the server, and how: hosts by the address
// lists of the configuration (AllowedIPs, DeniedIPs, CommandIPs, HL7IPs), peers by
// certificates, and all of them by bounds. It knows no AE titles; which of those
// may associate is negotiated (dgatesop.lst).
package access

import (
	"cmp"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"conquest/budget"
	"conquest/console"
	"conquest/dicomini"
	"conquest/dimse"
)

// Guard is a listener that drops connections from hosts that DeniedIPs lists, or
// that AllowedIPs, when there is one, does not. Both follow the configuration
// while the server runs.
func Guard(l net.Listener, current func() *dicomini.Config, con *console.Console) net.Listener {
	return &guarded{Listener: l, current: current, con: con}
}

type guarded struct {
	net.Listener
	current func() *dicomini.Config
	con     *console.Console

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
		if MayConnect(g.current(), c.RemoteAddr()) {
			return c, nil
		}
		g.say(c.RemoteAddr())
		c.Close()
	}
}

// say logs a refusal, of each host once a minute at most.
func (g *guarded) say(addr net.Addr) {
	host := Host(addr)
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
	if bad := dicomini.ParseHosts(g.current().Value("DeniedIPs")).Bad; len(bad) > 0 {
		g.con.Event("*** connection refused: DeniedIPs can not be read, so everybody is denied", "host", host, "unreadable", strings.Join(bad, " "))
		return
	}
	g.con.Event("*** connection refused by AllowedIPs or DeniedIPs", "host", host)
}

// Host is the host of an address, without its port.
func Host(addr net.Addr) string {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return host
}

// MayConnect tells whether a host may open associations: AllowedIPs lists it, or is
// empty, and DeniedIPs does not. A DeniedIPs that can not be read denies everybody.
func MayConnect(cfg *dicomini.Config, addr net.Addr) bool {
	allowed, denied := cfg.Value("AllowedIPs"), dicomini.ParseHosts(cfg.Value("DeniedIPs"))
	ip := address(addr)
	if len(denied.Bad) > 0 || denied.Has(ip) {
		return false
	}
	if allowed == "" {
		return true
	}
	list := dicomini.ParseHosts(allowed)
	return list.Has(ip)
}

// MayAdminister tells whether a host may send server commands and see storage
// paths: CommandIPs lists addresses and networks, by default this machine only.
func MayAdminister(cfg *dicomini.Config, addr net.Addr) bool { return listed(cfg, "CommandIPs", addr) }

// MaySendHL7 tells whether a host of HL7IPs, by default this machine only, may
// enter worklist rows.
func MaySendHL7(cfg *dicomini.Config, addr net.Addr) bool { return listed(cfg, "HL7IPs", addr) }

func listed(cfg *dicomini.Config, key string, addr net.Addr) bool {
	list := dicomini.ParseHosts(cfg.Value(key))
	return list.Has(address(addr))
}

// address is the IP address of a peer, the zero one when it has none.
func address(addr net.Addr) netip.Addr {
	ip, err := netip.ParseAddr(Host(addr))
	if err != nil {
		return netip.Addr{}
	}
	return ip
}

// Defaults of keys, in megabytes.
const (
	defaultObjectMemory      = 768
	defaultAssociationMemory = 256
)

func number(cfg *dicomini.Config, key string) int { return max(cfg.Number(key), 0) }

// Memory is the budget of the process for all that grows with what others send:
// ObjectMemory, the megabytes for parsing, inflating, decoding and scripts (768),
// and AssociationMemory, those for messages being received (256).
func Memory(cfg *dicomini.Config) *budget.Budget {
	objects := cmp.Or(number(cfg, "ObjectMemory"), defaultObjectMemory)
	messages := cmp.Or(number(cfg, "AssociationMemory"), defaultAssociationMemory)
	return budget.New("all work of this server", int64(objects+messages)<<20)
}

// Limit sets what bounds the associations: MaximumAssociations (1000),
// MaximumAssociationsPerHost (0: no bound), the memory of the process,
// AssociationMemory, the megabytes of it that all together keep of messages being
// received (256), and MemoryPerAssociation, those for all work of one (384).
func Limit(srv *dimse.Server, cfg *dicomini.Config, memory *budget.Budget) {
	number := func(key string) int { return number(cfg, key) }
	srv.MaxAssociations = number("MaximumAssociations")
	srv.MaxPerHost = number("MaximumAssociationsPerHost")
	srv.MemoryBudget = int64(number("AssociationMemory")) << 20
	srv.AssociationBudget = int64(number("MemoryPerAssociation")) << 20
	srv.Budget = memory
}
