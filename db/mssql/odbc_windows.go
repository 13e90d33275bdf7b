package mssql

import "golang.org/x/sys/windows/registry"

// odbcSource reads server and database of a system or user data source.
func odbcSource(name string) (server, database string, ok bool) {
	for _, root := range []registry.Key{registry.LOCAL_MACHINE, registry.CURRENT_USER} {
		k, err := registry.OpenKey(root, `SOFTWARE\ODBC\ODBC.INI\`+name, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		server, _, err = k.GetStringValue("Server")
		database, _, _ = k.GetStringValue("Database")
		k.Close()
		if err == nil {
			return server, database, true
		}
	}
	return "", "", false
}
