package dicomini

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"conquest/finding"
)

// HostList is a list of hosts as AllowedIPs and similar keys have it.
type HostList struct {
	everybody bool
	networks  []netip.Prefix
	ranges    []addressPattern
	// Bad are the items that can not be read.
	Bad []string
}

// addressPattern is an IPv4 address with * for whole numbers: 10.1.*.*.
type addressPattern [4]int // -1 for any

// ParseHosts reads a list of hosts parted by commas, semicolons or blanks: * for
// everybody, an address, a network as 10.0.0.0/8, an IPv4 address with * for
// numbers (10.1.2.*, or 10.1.*). 127.0.0.1 stands for the whole loopback, that of
// IPv6 included. What else there is stands in Bad and lists nobody.
func ParseHosts(text string) HostList {
	var l HostList
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t", r) }) {
		if !l.add(item) {
			l.Bad = append(l.Bad, item)
		}
	}
	return l
}

func (l *HostList) add(item string) bool {
	if item == "*" {
		l.everybody = true
		return true
	}
	if item == "127.0.0.1" {
		l.networks = append(l.networks, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
		return true
	}
	if a, err := netip.ParseAddr(item); err == nil {
		a = a.Unmap().WithZone("")
		l.networks = append(l.networks, netip.PrefixFrom(a, a.BitLen()))
		return true
	}
	if n, err := netip.ParsePrefix(item); err == nil {
		if a := n.Addr(); a.Is4In6() && n.Bits() >= 96 {
			n = netip.PrefixFrom(a.Unmap(), n.Bits()-96)
		}
		l.networks = append(l.networks, n)
		return true
	}
	p, ok := parsePattern(item)
	if ok {
		l.ranges = append(l.ranges, p)
	}
	return ok
}

func parsePattern(item string) (p addressPattern, ok bool) {
	parts := strings.Split(item, ".")
	if len(parts) > len(p) || len(parts) < 2 || parts[len(parts)-1] != "*" && len(parts) < len(p) {
		return p, false
	}
	p = addressPattern{-1, -1, -1, -1}
	for i, part := range parts {
		if part == "*" {
			continue
		}
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return p, false
		}
		p[i] = int(n)
	}
	return p, true
}

// Has tells whether the list names the host; an invalid address never.
func (l *HostList) Has(host netip.Addr) bool {
	if !host.IsValid() {
		return false
	}
	if l.everybody {
		return true
	}
	host = host.Unmap().WithZone("")
	for _, n := range l.networks {
		if n.Contains(host) {
			return true
		}
	}
	if host.Is4() {
		for _, p := range l.ranges {
			if p.matches(host.As4()) {
				return true
			}
		}
	}
	return false
}

func (p addressPattern) matches(b [4]byte) bool {
	for i, n := range p {
		if n >= 0 && n != int(b[i]) {
			return false
		}
	}
	return true
}

// lintHosts reports items of a list of hosts that can not be read.
func (l *linter) lintHosts(name, value string, line int) {
	for _, item := range ParseHosts(value).Bad {
		effect := "it lets nobody in"
		if name == "DeniedIPs" {
			effect = "everybody is denied until it is mended"
		}
		l.add(finding.Error, line, name, "write an address, 10.0.0.0/8 or 10.1.2.*", "%s has %s, which is no address: %s", name, fmt.Sprintf("%.60q", item), effect)
	}
}
