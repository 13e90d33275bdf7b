package access

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"conquest/dicomini"
)

// lookUpTime is how long the name of a destination may be looked up.
const lookUpTime = 5 * time.Second

// MoveHost is the address of a host that a caller named by the AE title of a
// C-MOVE destination, through an entry of acrnema.map that ends in * (see
// [dicomini.AE]). It must lie in MoveHosts; without that key it must be this
// machine, a private network (RFC 1918, RFC 4193, link local) or a network that
// this machine has an interface in. The error says which key would let it in.
// The address is the one to call: a name may mean another one the next time.
func MoveHost(ctx context.Context, cfg *dicomini.Config, host string) (string, error) {
	addrs, err := addressesOf(ctx, host)
	if err != nil {
		return "", fmt.Errorf("host %.80q of the destination: %w", host, err)
	}
	list := dicomini.ParseHosts(cfg.Value("MoveHosts"))
	allowed := list.Has
	if cfg.Value("MoveHosts") == "" {
		allowed = nearby(ownNetworks())
	}
	for _, a := range addrs {
		if !allowed(a) {
			return "", fmt.Errorf("host %.80q of the destination is not in MoveHosts of dicom.ini", host)
		}
	}
	return addrs[0].String(), nil
}

func addressesOf(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err == nil && len(addrs) == 0 {
		err = fmt.Errorf("no address")
	}
	return addrs, err
}

// nearby tells whether an address is of this machine, private, or in a network of
// its interfaces.
func nearby(own []netip.Prefix) func(netip.Addr) bool {
	return func(a netip.Addr) bool {
		a = a.Unmap().WithZone("")
		if a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() {
			return true
		}
		for _, n := range own {
			if n.Contains(a) {
				return true
			}
		}
		return false
	}
}

// ownNetworks are the networks of the interfaces of this machine.
func ownNetworks() []netip.Prefix {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var list []netip.Prefix
	for _, a := range addrs {
		if n, err := netip.ParsePrefix(a.String()); err == nil && n.Bits() > 0 {
			list = append(list, n.Masked())
		}
	}
	return list
}
