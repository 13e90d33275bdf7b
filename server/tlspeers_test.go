package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// expired makes a certificate signed by ca that ended an hour ago.
func expired(t *testing.T, dir, name string, ca *tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-3 * time.Hour), NotAfter: time.Now().Add(-time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, ca.Leaf, key.Public(), ca.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: pkcs}} {
		if err := os.WriteFile(filepath.Join(dir, name+file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// attempt runs a program that may fail and tells whether it succeeded.
func attempt(dir, name string, args ...string) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// TestTLSCallers: who is served on the TLS port and on the plain one, with and
// without TLSClientCA.
func TestTLSCallers(t *testing.T) {
	tool(t, "echoscu", "the package dcmtk")
	dir := t.TempDir()
	ca := certificate(t, dir, "ca", nil)
	other := certificate(t, dir, "otherca", nil)
	for name, signer := range map[string]*tls.Certificate{"server": ca, "client": ca, "stranger": other} {
		certificate(t, dir, name, signer)
	}
	expired(t, dir, "late", ca)
	for _, demanded := range []bool{true, false} {
		lines := []string{"TLSPort = <PORT1>", "TLSCertificate = " + dir + "/server.crt", "TLSKey = " + dir + "/server.key"}
		if demanded {
			lines = append(lines, "TLSClientCA = "+dir+"/ca.crt")
		}
		s := newSite(t, lines...).start()
		await(t, "the TLS port", func() bool { return strings.Contains(s.log(), "Listening for TLS") })
		echo := func(port int, args ...string) bool {
			_, ok := attempt(dir, "echoscu", append(append([]string{"-to", "3", "-ta", "3", "-td", "3", "-aec", s.ae}, args...), "127.0.0.1", fmt.Sprint(port))...)
			return ok
		}
		for _, c := range []struct {
			what string
			port int
			want bool
			args []string
		}{
			{"certificate of the CA", s.port + 1, true, []string{"+tls", "client.key", "client.crt", "+cf", "ca.crt"}},
			{"certificate of another CA", s.port + 1, !demanded, []string{"+tls", "stranger.key", "stranger.crt", "+cf", "ca.crt"}},
			{"expired certificate", s.port + 1, !demanded, []string{"+tls", "late.key", "late.crt", "+cf", "ca.crt"}},
			{"no certificate", s.port + 1, !demanded, []string{"+tla", "+cf", "ca.crt"}},
			{"caller who trusts another CA", s.port + 1, false, []string{"+tls", "client.key", "client.crt", "+cf", "otherca.crt"}},
			{"plain caller on the TLS port", s.port + 1, false, nil},
			{"TLS caller on the plain port", s.port, false, []string{"+tls", "client.key", "client.crt", "+cf", "ca.crt"}},
			{"plain caller on the plain port", s.port, true, nil},
		} {
			if got := echo(c.port, c.args...); got != c.want {
				t.Errorf("certificates demanded %v, %s: served %v, want %v\n%s", demanded, c.what, got, c.want, s.log())
			}
		}
		s.stop()
	}
}

// TestMoveOverTLS: a move to storescp with TLS goes out only to the certificate
// that TLSServerCA signed and that is valid, and never in plain.
func TestMoveOverTLS(t *testing.T) {
	for _, name := range []string{"storescp", "movescu"} {
		tool(t, name, "the package dcmtk")
	}
	dir := t.TempDir()
	ca := certificate(t, dir, "ca", nil)
	certificate(t, dir, "peer", ca)
	certificate(t, dir, "own", ca)
	certificate(t, dir, "stranger", certificate(t, dir, "otherca", nil))
	expired(t, dir, "late", ca)
	s := newSite(t, "TLSDestinations = SECURE*", "TLSServerCA = "+dir+"/ca.crt", "TLSCertificate = "+dir+"/own.crt", "TLSKey = "+dir+"/own.key")
	s.aemap += "SECURE 127.0.0.1 <PORT5> un\nSECURELATE 127.0.0.1 <PORT6> un\nSECUREOTHER 127.0.0.1 <PORT7> un\nSECUREPLAIN 127.0.0.1 <PORT8> un\nPLAIN 127.0.0.1 <PORT5> un\n"
	s.start()
	s.store(image("TLSM", "1.2.8.1", "1.2.8.1.1", "1.2.8.1.1.1", 1))
	for i, certificate := range []string{"peer", "late", "stranger", ""} {
		port := s.port + 5 + i
		args := []string{"-od", filepath.Join(dir, fmt.Sprint(port))}
		if certificate != "" {
			args = append(args, "+tls", certificate+".key", certificate+".crt", "+cf", "ca.crt")
		}
		os.Mkdir(args[1], 0o777)
		cmd := exec.Command("storescp", append(args, fmt.Sprint(port))...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		await(t, "storescp", func() bool {
			c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
			if err == nil {
				c.Close()
			}
			return err == nil
		})
	}
	for _, c := range []struct {
		ae   string
		port int
		want int // files
	}{
		{"PLAIN", s.port + 5, 0}, {"SECURE", s.port + 5, 1}, {"SECURELATE", s.port + 6, 0}, {"SECUREOTHER", s.port + 7, 0}, {"SECUREPLAIN", s.port + 8, 0},
	} {
		out, ok := attempt(dir, "movescu", "-aet", "MOVER", "-aec", s.ae, "-aem", c.ae, "-S", "-td", "15", "-k", "QueryRetrieveLevel=STUDY",
			"-k", "StudyInstanceUID=1.2.8.1", "127.0.0.1", fmt.Sprint(s.port))
		files, err := os.ReadDir(filepath.Join(dir, fmt.Sprint(c.port)))
		if err != nil || len(files) != c.want || ok != (c.want > 0) {
			t.Errorf("move to %s: success %v, %d files, want %d; %v\n%s", c.ae, ok, len(files), c.want, err, out)
		}
	}
}
