package db

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"conquest/db/dial"
	"conquest/db/mysql"
	"conquest/db/postgres"
	"conquest/db/testserver"
)

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func issue(t *testing.T, template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func newAuthority(t *testing.T, name string) authority {
	cert, key, text := issue(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	return authority{cert, key, text}
}

// server is a certificate for 127.0.0.1, not for localhost.
func (a authority) server(t *testing.T) *testserver.Certificate {
	_, key, text := issue(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "database"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, a.key)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &testserver.Certificate{Chain: text, Key: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})}
}

// TestEncryptedServers speaks to servers that can encrypt and to some that can not:
// what is demanded is kept, or there is no connection.
func TestEncryptedServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts database servers")
	}
	ca, other := newAuthority(t, "Hospital"), newAuthority(t, "Stranger")
	dir := t.TempDir()
	own, strange := filepath.Join(dir, "own.pem"), filepath.Join(dir, "strange.pem")
	if os.WriteFile(own, ca.pem, 0o644) != nil || os.WriteFile(strange, other.pem, 0o644) != nil {
		t.Fatal("no files")
	}
	for name, k := range map[string]struct {
		start func(*testserver.Certificate) (*testserver.Server, error)
		open  func(host string, s *testserver.Server, e dial.Encryption) (cipher string, err error)
		auto  bool // encrypts by itself
	}{
		"PostgreSQL": {testserver.StartPostgresWith, postgresCipher, true},
		"MariaDB":    {testserver.StartMariaDBWith, mariaCipher, false},
	} {
		secured := sharedServer{start: func() (*testserver.Server, error) { return k.start(ca.server(t)) }}
		plain := sharedServer{start: func() (*testserver.Server, error) { return k.start(nil) }}
		if !secured.have(t, name) || !plain.have(t, name) {
			continue
		}
		defer secured.server.Stop()
		defer plain.server.Stop()
		_, port, _ := net.SplitHostPort(secured.server.Addr)
		for _, tt := range []struct {
			mode, ca, host string
			works, secret  bool
		}{
			{"", "", "", true, k.auto}, {dial.Auto, "", "", true, k.auto}, {dial.Off, "", "", true, false}, {dial.Require, "", "", true, true},
			{dial.Verify, own, "", true, true}, {dial.Verify, strange, "", false, false}, {dial.Verify, "", "", false, false},
			{dial.Verify, own, "localhost:" + port, false, false}, {dial.Verify, filepath.Join(dir, "none"), "", false, false},
		} {
			host := tt.host
			if host == "" {
				host = secured.server.Addr
			}
			cipher, err := k.open(host, secured.server, dial.Encryption{Mode: tt.mode, CA: tt.ca})
			if (err == nil) != tt.works || (cipher != "") != tt.secret {
				t.Errorf("%s, %s with %s at %s: cipher %q, %v", name, tt.mode, filepath.Base(tt.ca), host, cipher, err)
			}
		}
		for mode, works := range map[string]bool{dial.Auto: true, dial.Off: true, dial.Require: name == "MariaDB", dial.Verify: false} {
			// MariaDB makes a certificate of its own when it has none.
			cipher, err := k.open(plain.server.Addr, plain.server, dial.Encryption{Mode: mode, CA: own})
			if works != (err == nil) && !(mode == dial.Require && name == "MariaDB") {
				t.Errorf("%s without a certificate, %s: cipher %q, %v", name, mode, cipher, err)
			}
		}
	}
}

func postgresCipher(host string, s *testserver.Server, e dial.Encryption) (cipher string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	db, err := postgres.Open(ctx, host, s.User, "", "postgres", "", e)
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT coalesce((SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()), '')").Scan(&cipher)
	return cipher, err
}

func mariaCipher(host string, s *testserver.Server, e dial.Encryption) (cipher string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	db, err := mysql.Open(ctx, host, s.User, "", "mysql", "", mysql.UTF8, e)
	if err != nil {
		return "", err
	}
	defer db.Close()
	var name string
	err = db.QueryRowContext(ctx, "SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher)
	return cipher, err
}
