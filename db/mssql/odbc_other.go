//go:build !windows

package mssql

func odbcSource(string) (dataSource, bool) { return dataSource{}, false }
