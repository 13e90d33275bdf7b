package access_test

import (
	"net"
	"strings"
	"testing"

	"conquest/access"
	"conquest/pacs/sitetest"
)

func TestHosts(t *testing.T) {
	tests := []struct {
		line, host          string
		connect, administer bool
	}{
		{"", "127.0.0.1", true, true},
		{"", "::1", true, true},
		{"", "10.1.2.3", true, false},
		{"AllowedIPs = 10.0.0.0/8", "10.1.2.3", true, false},
		{"AllowedIPs = 10.0.0.0/8", "127.0.0.1", false, true},
		{"AllowedIPs = 127.0.0.1", "::1", true, true},
		{"AllowedIPs = 10.1.2.3, 10.1.2.4;10.1.2.5", "10.1.2.5", true, false},
		{"DeniedIPs = 10.0.0.0/8", "10.1.2.3", false, false},
		{"DeniedIPs = 10.0.0.0/8", "11.1.2.3", true, false},
		{"CommandIPs = *", "10.1.2.3", true, true},
		{"CommandIPs = 10.1.2.0/24", "10.1.2.3", true, true},
		{"CommandIPs = 10.1.2.3", "127.0.0.1", true, false},
		{"CommandIPs =", "127.0.0.1", true, false},
		{"DeniedIPs = 10.1.2.*", "10.1.2.3", false, false},
		{"DeniedIPs = 127.0.0.*", "127.0.0.1", false, true},
		{"DeniedIPs = 10.1.2.*", "10.1.3.3", true, false},
		{"DeniedIPs = 10.1.2.3-9", "11.1.2.3", false, false},
		{"AllowedIPs = 10.1.2.3-9", "10.1.2.3", false, false},
		{"AllowedIPs = *\nDeniedIPs = 10.1.2.3", "10.1.2.3", false, false},
		{"AllowedIPs = *\nDeniedIPs = 10.1.2.3", "10.1.2.4", true, false},
		{"AllowedIPs = 10.1.2.3\nDeniedIPs = 10.1.2.4", "10.1.2.5", false, false},
		{"CommandIPs = nonsense 10.1.2.3/99", "10.1.2.3", true, false},
	}
	for _, tt := range tests {
		live, _ := sitetest.Config(t, tt.line)
		addr := &net.TCPAddr{IP: net.ParseIP(tt.host), Port: 4711}
		if got := access.MayConnect(live.Current(), addr); got != tt.connect {
			t.Errorf("%q: %s may connect: %v", tt.line, tt.host, got)
		}
		if got := access.MayAdminister(live.Current(), addr); got != tt.administer {
			t.Errorf("%q: %s may administer: %v", tt.line, tt.host, got)
		}
	}
}

// callers is a listener to which some hosts come.
type callers struct {
	net.Listener
	hosts []string
}

type conn struct {
	net.Conn
	host string
}

func (c *conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.host), Port: 1} }
func (c *conn) Close() error         { return nil }

func (c *callers) Accept() (net.Conn, error) {
	if len(c.hosts) == 0 {
		return nil, net.ErrClosed
	}
	next := &conn{host: c.hosts[0]}
	c.hosts = c.hosts[1:]
	return next, nil
}

func TestGuard(t *testing.T) {
	live, _ := sitetest.Config(t, "DeniedIPs = 10.0.0.0/8")
	con, log := sitetest.Console()
	l := access.Guard(&callers{hosts: []string{"10.0.0.1", "11.0.0.1", "10.0.0.1", "10.0.0.2", "11.0.0.2"}}, live.Current, con)
	var in []string
	for {
		c, err := l.Accept()
		if err != nil {
			break
		}
		in = append(in, access.Host(c.RemoteAddr()))
	}
	if got := strings.Join(in, " "); got != "11.0.0.1 11.0.0.2" {
		t.Errorf("let in: %s", got)
	}
	if said := log.Take("connection refused"); len(said) != 2 {
		t.Errorf("each host is told once: %q", said)
	}
}

func TestClientTLS(t *testing.T) {
	live, _ := sitetest.Config(t, "TLSDestinations = FAR*, other")
	tests := []struct {
		aes  []string
		want bool
	}{
		{[]string{"FARAWAY"}, true}, {[]string{"NEAR", "far1"}, true}, {[]string{"OTHER"}, true},
		{[]string{"OTHERS"}, false}, {[]string{"", "NEAR"}, false},
	}
	for _, tt := range tests {
		config, err := access.ClientTLS(live.Current(), "host", tt.aes...)
		if err != nil || (config != nil) != tt.want {
			t.Errorf("%v: %v, %v", tt.aes, config, err)
		}
		if config != nil && config.ServerName != "host" {
			t.Errorf("the certificate is checked for %q", config.ServerName)
		}
	}
	if _, err := access.ServerTLS(live.Current()); err == nil || !strings.Contains(err.Error(), "TLSCertificate") {
		t.Errorf("a TLS port without certificate: %v", err)
	}
}
