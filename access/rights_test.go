package access

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"conquest/console"
	"conquest/pacs/sitetest"
)

const rightsExample = `# who may what
CT1    10.1.2.3                           store
WS*    10.1.0.0/16,192.168.7.*            query, retrieve
PACS   *,certificate=pacs.example         all
PACS   10.9.9.9                           query
OTHER  *,certificate=elsewhere            all
SPY    *                                  none
BROKEN 10.1.2.3-4                         all
BROKEN 10.1.2.3                           everything
SHORT  *
`

func TestRights(t *testing.T) {
	l := ParseRights(rightsExample)
	if len(l.Bad) != 3 || l.Bad[0].Line != 8 || l.Bad[2].Line != 10 {
		t.Errorf("%v", l.Bad)
	}
	cert := &x509.Certificate{Subject: pkix.Name{CommonName: "other"}, DNSNames: []string{"pacs.example"}, Raw: []byte("x")}
	verified := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}, VerifiedChains: [][]*x509.Certificate{{cert}}}
	unverified := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
	for _, test := range []struct {
		title, host string
		state       *tls.ConnectionState
		want        string // "" for nobody
	}{
		{"CT1", "10.1.2.3", nil, "store"},
		{"CT1", "10.1.2.4", nil, ""},
		{"CT12", "10.1.2.3", nil, ""},
		{"ct1", "10.1.2.3", nil, ""},
		{"WS77", "10.1.200.1", nil, "query retrieve"},
		{"WS77", "192.168.7.9", nil, "query retrieve"},
		{"WS77", "192.168.8.9", nil, ""},
		{"PACS", "10.9.9.9", verified, "store query retrieve delete commands"},
		{"PACS", "10.9.9.9", unverified, "query"},
		{"PACS", "10.9.9.8", nil, ""},
		{"OTHER", "10.9.9.9", verified, ""},
		{"SPY", "10.9.9.8", nil, "none"},
		{"BROKEN", "10.1.2.3", nil, ""},
		{"STRANGER", "10.1.2.3", nil, ""},
	} {
		r, known := l.Of(test.title, netip.MustParseAddr(test.host), test.state)
		got := ""
		if known {
			got = r.String()
		}
		if got != test.want {
			t.Errorf("%s at %s: %q, want %q", test.title, test.host, got, test.want)
		}
	}
	if !Rights(Store|Query).Has(Query) || Rights(Store).Has(Store|Query) {
		t.Error("Has")
	}
}

func TestRightsBook(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rights.lst")
	live, _ := sitetest.Config(t, "AccessRights = "+file)
	off, _ := sitetest.Config(t, "")
	b := &RightsBook{Current: live.Current, Console: console.New("", "")}
	of := func(b *RightsBook, host string) string {
		r, known := b.Of("A", peerConn{host: host})
		if !known {
			return ""
		}
		return r.String()
	}
	if got := of(&RightsBook{Current: off.Current}, "10.1.2.3"); got != allRights.String() {
		t.Errorf("without the key: %q", got)
	}
	if of(b, "10.1.2.3") != "" || of(b, "127.0.0.1") != allRights.String() {
		t.Error("a missing file gives rights, or takes them from this machine")
	}
	for i, test := range []struct{ text, want, local string }{
		{"A * query\n", "query", "query"},
		{"A 10.0.0.0/8 store\n", "store", ""},
		{"A* 10.0.0.0/8 store\n", "store", allRights.String()},
		{"B * store\n", "", allRights.String()},
	} {
		if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(time.Duration(i) * time.Hour)
		os.Chtimes(file, when, when)
		if got, local := of(b, "10.1.2.3"), of(b, "127.0.0.1"); got != test.want || local != test.local {
			t.Errorf("%q: %q and %q here", test.text, got, local)
		}
	}
}

type peerConn struct {
	net.Conn
	host string
}

func (c peerConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.host), Port: 1} }
