// Command regress runs whole-server cases against a dgate binary, ours or any
// other: each case starts the binary in a folder of its own, on ports of its
// own, and talks to it with dcmtk's tools only, so that the judge shares no
// code with the server.
//
//	go run ./regress [-dgate PATH] [-support DIR] [-run REGEXP] DIR|CASE.txtar ...
//
// A case is one .txtar file in the language of testscript with the commands of
// docs/regress.md. An administrator writes a case from his own rules and runs
// it against the old and the new binary before he migrates.
//
// Entry points: [Runner] runs one case file and returns its [Result]; commands
// are the table in commands.go.
package main
