package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"testing"

	"conquest/dimse"
)

// TestTLSOnly leaves the plain port to this machine's commands, and takes HL7 by
// TLS.
func TestTLSOnly(t *testing.T) {
	dir := t.TempDir()
	ca := certificate(t, dir, "ca", nil)
	certificate(t, dir, "server", ca)
	s := newSite(t, "TLSOnly = 1", "TLSPort = <PORT1>", "TLSCertificate = "+dir+"/server.crt", "TLSKey = "+dir+"/server.key", "HL7Port = <PORT2>", "HL7TLS = 1")
	s.start()
	defer s.stop()
	await(t, "the TLS port", func() bool { return strings.Contains(s.log(), "Listening for TLS") })
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	config := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
	a, err := dimse.Dial(context.Background(), fmt.Sprintf("127.0.0.1:%d", s.port+1), dimse.Request{
		Calling: "X", Called: s.ae, TLS: config, Contexts: []dimse.ContextRequest{{AbstractSyntax: dimse.Verification}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Echo(context.Background()); err != nil {
		t.Error(err)
	}
	a.Release(context.Background())
	if out := s.run("--get_param:TCPPort"); !strings.Contains(out, fmt.Sprint(s.port)) {
		t.Errorf("a command of this machine got %q", out)
	}
	for _, other := range otherAddresses(t) {
		if conn, err := net.Dial("tcp", net.JoinHostPort(other, fmt.Sprint(s.port))); err == nil {
			conn.Close()
			t.Errorf("the plain port is open at %s", other)
		}
	}
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port+2), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "\x0bMSH|^~\\&|A|B|C|D||||7\r\x1c\r")
	if answer, err := bufio.NewReader(conn).ReadString(0x1c); err != nil || !strings.Contains(answer, "MSA|A") {
		t.Errorf("HL7 by TLS: %q, %v", answer, err)
	}
}

// otherAddresses are the addresses of this machine beside the loopback.
func otherAddresses(t *testing.T) (list []string) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			list = append(list, n.IP.String())
		}
	}
	return list
}
