// Package databases tests whole servers on every database a site may have:
// SQLite, PostgreSQL and MariaDB (private instances on loopback), dBASE files
// and none, and databases that the original server wrote.
//
//	go test ./regress/databases
//	DGATE_SCALE=1000000 go test -v -run Scale -timeout 30m ./regress/databases
//
// $DGATE names the binary under test; without it the module's own is built.
// $DGATE_ORIGINAL and $DGATE_ORIGINAL_DBASE name binaries of the original; where
// they are given, databases go back and forth between both. The tests talk to
// servers with dcmtk's tools.
package databases
