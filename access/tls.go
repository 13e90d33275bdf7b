package access

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"conquest/dicomini"
)

// Keys of TLS, all in the main section. Files are PEM.
//
//	TLSPort          port for associations over TLS beside TCPPort, 0 is none
//	TLSCertificate   certificate chain of this server, also shown to peers it calls
//	TLSKey           its private key
//	TLSClientCA      certificates that callers must be signed by; without it
//	                 callers need none
//	TLSDestinations  AEs of acrnema.map that are called over TLS, parted by
//	                 commas; a name may end in *
//	TLSServerCA      certificates that called peers must be signed by, default
//	                 those of the system
//	TLSCheckName     0: the host name in the certificate of a called peer is not
//	                 compared with acrnema.map; only with a TLSServerCA

// ServerTLS is the configuration of the TLS port.
func ServerTLS(cfg *dicomini.Config) (*tls.Config, error) {
	certFile := cfg.Value("TLSCertificate")
	keyFile := cfg.Value("TLSKey")
	if certFile == "" || keyFile == "" {
		return nil, errors.New("TLSCertificate and TLSKey are needed")
	}
	pair := &certificateFile{cert: certFile, key: keyFile}
	if _, err := pair.get(); err != nil {
		return nil, err
	}
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.get() },
	}
	if ca := cfg.Value("TLSClientCA"); ca != "" {
		pool, err := certificates(ca)
		if err != nil {
			return nil, fmt.Errorf("TLSClientCA: %w", err)
		}
		config.ClientCAs, config.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	return config, nil
}

// HTTPTLS is the configuration of the HTTPS port; a renewed certificate is taken
// over.
func HTTPTLS(certFile, keyFile string) (*tls.Config, error) {
	if keyFile == "" {
		return nil, errors.New("HTTPKey is needed")
	}
	pair := &certificateFile{cert: certFile, key: keyFile}
	if _, err := pair.get(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.get() },
	}, nil
}

// certificateFile is a certificate that is read again when its file changes.
type certificateFile struct {
	cert, key string

	mu   sync.Mutex
	read time.Time // modification time of what was read
	pair *tls.Certificate
}

func (c *certificateFile) get() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fi, err := os.Stat(c.cert)
	if err == nil && c.pair != nil && fi.ModTime().Equal(c.read) {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		if c.pair != nil {
			return c.pair, nil // half of a renewed pair is there: the old one serves on
		}
		return nil, fmt.Errorf("TLSCertificate: %w", err)
	}
	c.pair = &pair
	if fi != nil {
		c.read = fi.ModTime()
	}
	return c.pair, nil
}

func certificates(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", path)
	}
	return pool, nil
}

// ClientTLS is the configuration for calling a host by one of these AE titles, nil
// for a plain connection.
func ClientTLS(cfg *dicomini.Config, host string, aes ...string) (*tls.Config, error) {
	list := cfg.Value("TLSDestinations")
	if list == "" || !slices.ContainsFunc(aes, func(ae string) bool { return namesAE(list, ae) }) {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if ca := cfg.Value("TLSServerCA"); ca != "" {
		pool, err := certificates(ca)
		if err != nil {
			return nil, fmt.Errorf("TLSServerCA: %w", err)
		}
		config.RootCAs = pool
		if !cfg.Switch("TLSCheckName") {
			config.InsecureSkipVerify = true // of the name; the chain is verified below
			config.VerifyConnection = func(st tls.ConnectionState) error { return verifyChain(st, pool) }
		}
	}
	certFile := cfg.Value("TLSCertificate")
	keyFile := cfg.Value("TLSKey")
	if certFile != "" && keyFile != "" {
		pair, err := (&certificateFile{cert: certFile, key: keyFile}).get()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{*pair}
	}
	return config, nil
}

// verifyChain checks everything of a peer's certificate but its name.
func verifyChain(st tls.ConnectionState, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, c := range st.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := st.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}

// namesAE tells whether an AE is in a list parted by commas; a name may end in *.
func namesAE(list, ae string) bool {
	if ae == "" {
		return false
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if prefix, wild := strings.CutSuffix(name, "*"); wild && len(ae) >= len(prefix) && strings.EqualFold(ae[:len(prefix)], prefix) {
			return true
		}
		if strings.EqualFold(name, ae) {
			return true
		}
	}
	return false
}
