package mssql

import "testing"

func TestConnectionString(t *testing.T) {
	for _, c := range []struct{ source, host, user, password, want string }{
		{"sqlserver://u:p@h?database=x", "", "", "", "sqlserver://u:p@h?database=x"},
		{"server=h;database=x", "", "", "", "server=h;database=x"},
		{"conquest", "h", "me", "p/w", "sqlserver://me:p%2Fw@h?TrustServerCertificate=true&database=conquest&encrypt=false&tlsmin=1.0"},
		{"conquest", `h\SQLEXPRESS`, "", "", "sqlserver://h/SQLEXPRESS?TrustServerCertificate=true&database=conquest&encrypt=false&tlsmin=1.0"},
		{"conquest", "h,1444", "", "", "sqlserver://h:1444?TrustServerCertificate=true&database=conquest&encrypt=false&tlsmin=1.0"},
	} {
		if got := connectionString(c.source, c.host, c.user, c.password); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.source, c.host, got, c.want)
		}
	}
}

func TestBytes(t *testing.T) {
	// UTF-8 and Latin-1 text as the driver reads them from a varchar.
	for read, want := range map[string]string{"Ã„": "\xc3\x84", "Müller": "M\xfcller", "ascii": "ascii", "\ufffd": "_"} {
		if got := Bytes(read); got != want {
			t.Errorf("Bytes(%q) = %q, want %q", read, got, want)
		}
	}
}
