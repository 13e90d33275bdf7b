// Package commands replays what the original did with server commands and
// options of the command line (testdata/probes.jsonl and
// variations.jsonl, one experiment a line) against
// a dgate binary and compares output, exit status, effect on database and files,
// and server log.
//
//	go test ./regress/commands                       our binary, built for it
//	go test ./regress/commands -dgate PATH -support DIR   another one, with its support files
//	go test ./regress/commands -run Probes/p1-14     one group
//
// Records that are deliberately answered otherwise are listed in
// testdata/differences.txt, each under the heading of its entry in
// docs/differences.md: a record that differs and is not listed fails the test,
// and so does a listed one that agrees.
//
// What it answers as a CGI program is replayed in the same manner (TestWeb:
// testdata/web.jsonl and webdifferences.txt).
//
// With -record FILE the observations are written in the format of the records:
// so new ones are made from commands alone, with the original as -dgate.
package commands
