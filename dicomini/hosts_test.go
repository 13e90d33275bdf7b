package dicomini

import (
	"net/netip"
	"strings"
	"testing"
)

func TestParseHosts(t *testing.T) {
	for _, test := range []struct {
		list, has, hasNot, bad string
	}{
		{"", "", "127.0.0.1 ::1", ""},
		{"*", "10.1.2.3 fe80::1 ::ffff:1.2.3.4", "", ""},
		{"127.0.0.1", "127.0.0.1 127.9.9.9 ::1", "10.0.0.1", ""},
		{"127.0.0.*", "127.0.0.1 127.0.0.255", "127.0.1.1 ::1", ""},
		{"10.1.2.3,10.1.2.4;10.1.2.5 10.1.2.6", "10.1.2.3 10.1.2.4 10.1.2.5 10.1.2.6 ::ffff:10.1.2.3", "10.1.2.7", ""},
		{"10.0.0.0/8", "10.1.2.3 ::ffff:10.1.2.3", "11.0.0.1", ""},
		{"::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.1", ""},
		{"10.1.*", "10.1.2.3 10.1.0.0", "10.2.0.1", ""},
		{"10.*.2.*", "10.7.2.3", "10.7.3.3", ""},
		{"fe80::/10 2001:db8::1", "fe80::1%eth0 2001:db8::1", "2001:db8::2", ""},
		{"nonsense 10.1.2.3/99 10.1.2 10.1.2.300 1.2.3.4.* *.* 10.1.2.3-9 pacs.local", "1.2.3.4", "", "nonsense 10.1.2.3/99 10.1.2 10.1.2.300 1.2.3.4.* 10.1.2.3-9 pacs.local"},
	} {
		l := ParseHosts(test.list)
		for _, host := range strings.Fields(test.has) {
			if !l.Has(netip.MustParseAddr(host)) {
				t.Errorf("%q has not %s", test.list, host)
			}
		}
		for _, host := range strings.Fields(test.hasNot) {
			if l.Has(netip.MustParseAddr(host)) {
				t.Errorf("%q has %s", test.list, host)
			}
		}
		if got := strings.Join(l.Bad, " "); got != test.bad {
			t.Errorf("%q: can not be read: %s", test.list, got)
		}
		if l.Has(netip.Addr{}) {
			t.Errorf("%q has no address at all", test.list)
		}
	}
}
