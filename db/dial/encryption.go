package dial

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// Encryption tells how the connection to a database server is protected.
type Encryption struct {
	Mode string // Auto, Off, Require or Verify; "" is Auto
	CA   string // PEM file of the authorities whose certificates count; "" is those of the system
}

// The modes.
const (
	Auto    = "auto"    // as the driver does by itself
	Off     = "off"     // never
	Require = "require" // always, whoever answers
	Verify  = "verify"  // always, and the server's certificate is for its host name
)

// Demanded tells whether there is no connection without encryption.
func (e Encryption) Demanded() bool { return e.Mode == Require || e.Mode == Verify }

// Config is the TLS configuration for a server when encryption is demanded; nil
// when it is not.
func (e Encryption) Config(host string) (*tls.Config, error) {
	if !e.Demanded() {
		return nil, nil
	}
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: e.Mode == Require}
	if e.Mode == Require || e.CA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(e.CA)
	if err != nil {
		return nil, fmt.Errorf("SQLCA: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("SQLCA %s: %w", e.CA, errNoCertificate)
	}
	return c, nil
}

var errNoCertificate = errors.New("no certificate in PEM is in it")
