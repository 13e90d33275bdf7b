package access

import (
	"net"
	"testing"

	"conquest/pacs/sitetest"
)

// addresses are the hosts that listeners are open on.
func addresses(t *testing.T, list []net.Listener) (hosts []string) {
	for _, l := range list {
		hosts = append(hosts, Host(l.Addr()))
		l.Close()
	}
	return hosts
}

func TestListen(t *testing.T) {
	for _, test := range []struct {
		line string
		want []string // nil: an error
	}{
		{"", []string{"::"}},
		{"ListenAddress = *", []string{"::"}},
		{"ListenAddress = 0.0.0.0", []string{"::"}},
		{"ListenAddress = 127.0.0.1", []string{"127.0.0.1"}},
		{"ListenAddress = 127.0.0.2", []string{"127.0.0.2", "127.0.0.1"}},
		{"ListenAddress = nonsense", nil},
		{"ListenAddress = 203.0.113.9", nil},
		{"TLSOnly = 1", nil},
		{"TLSOnly = 1\nTLSPort = 2762", []string{"127.0.0.1"}},
		{"TLSOnly = 1\nTLSPort = 2762\nListenAddress = 127.0.0.2", []string{"127.0.0.1"}},
	} {
		free, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		port := free.Addr().(*net.TCPAddr).Port
		free.Close()
		live, _ := sitetest.Config(t, test.line)
		list, err := Listen(live.Current(), port)
		got := addresses(t, list)
		if (err != nil) != (test.want == nil) || len(got) != len(test.want) {
			t.Errorf("%q: %v, %v", test.line, got, err)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] && !(test.want[i] == "::" && got[i] == "0.0.0.0") {
				t.Errorf("%q: %v", test.line, got)
			}
		}
	}
}
