package mssql

import (
	"strings"

	"golang.org/x/sys/windows/registry"
)

// odbcSource reads a data source: of the user, of the system, of the system's
// 32-bit programs.
func odbcSource(name string) (dataSource, bool) {
	for _, p := range []struct {
		root registry.Key
		path string
	}{
		{registry.CURRENT_USER, `SOFTWARE\ODBC\ODBC.INI\`},
		{registry.LOCAL_MACHINE, `SOFTWARE\ODBC\ODBC.INI\`},
		{registry.LOCAL_MACHINE, `SOFTWARE\WOW6432Node\ODBC\ODBC.INI\`},
	} {
		k, err := registry.OpenKey(p.root, p.path+name, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		var d dataSource
		d.server, _, err = k.GetStringValue("Server")
		d.database, _, _ = k.GetStringValue("Database")
		trusted, _, _ := k.GetStringValue("Trusted_Connection")
		k.Close()
		d.trusted = strings.EqualFold(trusted, "yes")
		if err == nil {
			return d, true
		}
	}
	return dataSource{}, false
}
