// Package access decides who may reach the server, and how: hosts by the address
// lists of the configuration (AllowedIPs, DeniedIPs, CommandIPs, HL7IPs), peers by
// certificates, and all of them by bounds. It knows no AE titles; which of those
// may associate is negotiated (dgatesop.lst).
package access

import (
	"net"
	"strings"
	"sync"
	"time"

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

// MayConnect tells whether a host may open associations.
func MayConnect(cfg *dicomini.Config, addr net.Addr) bool {
	allowed, denied := cfg.Value("AllowedIPs"), cfg.Value("DeniedIPs")
	if allowed == "" && denied == "" {
		return true
	}
	ip := net.ParseIP(Host(addr))
	if denied != "" && lists(denied, ip) {
		return false
	}
	return allowed == "" || lists(allowed, ip)
}

// MayAdminister tells whether a host may send server commands and see storage
// paths: CommandIPs lists addresses and networks, by default this machine only.
func MayAdminister(cfg *dicomini.Config, addr net.Addr) bool { return listed(cfg, "CommandIPs", addr) }

// MaySendHL7 tells whether a host of HL7IPs, by default this machine only, may
// enter worklist rows.
func MaySendHL7(cfg *dicomini.Config, addr net.Addr) bool { return listed(cfg, "HL7IPs", addr) }

func listed(cfg *dicomini.Config, key string, addr net.Addr) bool {
	list := cfg.Value(key)
	host, _, err := net.SplitHostPort(addr.String())
	return err == nil && lists(list, net.ParseIP(host))
}

// lists tells whether ip is in a list of addresses and networks (CIDR), parted by
// commas or blanks; "*" is everybody. 127.0.0.1 stands for the whole loopback,
// IPv6 included.
func lists(list string, ip net.IP) bool {
	if ip == nil {
		return false
	}
	for _, item := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		if item == "*" || item == "127.0.0.1" && ip.IsLoopback() {
			return true
		}
		if _, network, err := net.ParseCIDR(item); err == nil && network.Contains(ip) {
			return true
		}
		if other := net.ParseIP(item); other != nil && other.Equal(ip) {
			return true
		}
	}
	return false
}

// Limit sets what bounds the associations: MaximumAssociations (1000),
// MaximumAssociationsPerHost (0: no bound) and AssociationMemory, the megabytes
// that all associations together keep of messages being received (256).
func Limit(srv *dimse.Server, cfg *dicomini.Config) {
	number := func(key string) int { return max(cfg.Number(key), 0) }
	srv.MaxAssociations = number("MaximumAssociations")
	srv.MaxPerHost = number("MaximumAssociationsPerHost")
	srv.MemoryBudget = int64(number("AssociationMemory")) << 20
}
