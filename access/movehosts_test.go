package access

import (
	"context"
	"net/netip"
	"testing"

	"conquest/pacs/sitetest"
)

func TestMoveHost(t *testing.T) {
	for _, test := range []struct {
		line, host string
		ok         bool
	}{
		{"", "127.0.0.1", true},
		{"", "::1", true},
		{"", "localhost", true},
		{"MoveHosts = 10.9.8.7", "localhost", false},
		{"", "10.9.8.7", true},
		{"", "192.168.3.4", true},
		{"", "172.31.0.1", true},
		{"", "169.254.7.7", true},
		{"", "fd00::1", true},
		{"", "::ffff:10.1.2.3", true},
		{"", "203.0.113.9", false},
		{"", "8.8.8.8", false},
		{"", "2001:db8::9", false},
		{"", "", false},
		{"", "no such name.invalid", false},
		{"MoveHosts = *", "203.0.113.9", true},
		{"MoveHosts = 203.0.113.*", "203.0.113.9", true},
		{"MoveHosts = 203.0.113.*", "10.9.8.7", false},
		{"MoveHosts = nonsense", "10.9.8.7", false},
		{"MoveHosts = nonsense", "127.0.0.1", false},
	} {
		live, _ := sitetest.Config(t, test.line)
		got, err := MoveHost(context.Background(), live.Current(), test.host)
		if (err == nil) != test.ok || err == nil && got == "" {
			t.Errorf("%q: %q: %q, %v", test.line, test.host, got, err)
		}
	}
	here := nearby([]netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")})
	if !here(netip.MustParseAddr("203.0.113.77")) || here(netip.MustParseAddr("203.0.114.77")) {
		t.Error("networks of the own interfaces")
	}
}
