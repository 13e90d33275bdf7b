package mssql

import (
	"testing"

	"github.com/microsoft/go-mssqldb/msdsn"

	"conquest/db/dial"
)

// TestEncryption: what SQLEncrypt demands counts more than what stands in a
// connection string.
func TestEncryption(t *testing.T) {
	for _, source := range []string{"conquest", "sqlserver://sa:x@db.example?database=c&encrypt=disable", "server=db.example;database=c;encrypt=false;TrustServerCertificate=true"} {
		dsn := connectionString(source, "db.example", "sa", "x")
		for mode, want := range map[string]msdsn.Encryption{dial.Require: msdsn.EncryptionRequired, dial.Verify: msdsn.EncryptionRequired, dial.Off: msdsn.EncryptionDisabled} {
			cfg, err := configure(dsn, dial.Encryption{Mode: mode})
			if err != nil || cfg.Encryption != want {
				t.Errorf("%s, %s: %v, %v", source, mode, cfg.Encryption, err)
				continue
			}
			if want == msdsn.EncryptionDisabled {
				continue
			}
			if c := cfg.TLSConfig; c == nil || c.ServerName != "db.example" || c.InsecureSkipVerify != (mode == dial.Require) || cfg.TrustServerCertificate != c.InsecureSkipVerify {
				t.Errorf("%s, %s: %+v", source, mode, c)
			}
		}
	}
	if cfg, err := configure(connectionString("conquest", "db.example", "sa", "x"), dial.Encryption{}); err != nil || cfg.Encryption != msdsn.EncryptionOff {
		t.Errorf("by itself: %v, %v", cfg.Encryption, err)
	}
	if _, err := configure(connectionString("conquest", "db.example", "sa", "x"), dial.Encryption{Mode: dial.Verify, CA: "/nowhere.pem"}); err == nil {
		t.Error("a SQLCA that is not there counts for nothing")
	}
}
