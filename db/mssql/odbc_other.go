//go:build !windows

package mssql

func odbcSource(string) (server, database string, ok bool) { return "", "", false }
