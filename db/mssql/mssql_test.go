package mssql

import "testing"

func TestConnectionString(t *testing.T) {
	for _, c := range []struct{ source, host, user, password, want string }{
		{"sqlserver://u:p@h?database=x", "", "", "", "sqlserver://u:p@h?database=x"},
		{"server=h;database=x", "", "", "", "server=h;database=x"},
		{"conquest", "h", "me", "p/w", "sqlserver://me:p%2Fw@h?database=conquest&encrypt=disable"},
		{"conquest", `h\SQLEXPRESS`, "", "", "sqlserver://h/SQLEXPRESS?database=conquest&encrypt=disable"},
		{"conquest", "h,1444", "", "", "sqlserver://h:1444?database=conquest&encrypt=disable"},
	} {
		if got := connectionString(c.source, c.host, c.user, c.password); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.source, c.host, got, c.want)
		}
	}
}
