// Command durable kills a server at random moments while objects are stored and
// checks after each restart that nothing was lost that had been promised:
//
//   - each object that was answered with success is in the index and its file is
//     whole and as it was sent;
//   - no file is partial, and each file is in the index and the other way round;
//   - each of them has a mirror copy, has been through the export converter, and
//     was forwarded by a delayed command.
//
// It drives the binary from outside:
//
//	go run ./regress/durable -dgate PATH -rounds 100
//
// With -fault it does something else to the server than killing it: sitefull fills
// the disk of the site folder, where the journals are (as root); destination has the
// destinations refuse, answer warnings, be out of resources, hang and drop
// connections. What was acknowledged must be exported, forwarded and mirrored, or be
// listed as a dead letter.
package main

import (
	"flag"
	"fmt"
	"os"

	"conquest/regress/rig"
)

func main() {
	binary := flag.String("dgate", "", "binary under test (default: built from ./dgate)")
	rounds := flag.Int("rounds", 100, "number of kills")
	workers := flag.Int("associations", 4, "associations at once")
	fault := flag.String("fault", "", "sitefull or destination, instead of kills")
	keep := flag.Bool("keep", false, "keep the folder")
	flag.Parse()
	dir, err := os.MkdirTemp("", "durable")
	if err == nil && *binary == "" {
		*binary, err = rig.Build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	r := &run{dir: dir, binary: *binary, workers: *workers, log: func(format string, a ...any) { fmt.Printf(format+"\n", a...) }}
	if trial := faults[*fault]; trial != nil {
		err = trial(r, *rounds)
	} else {
		err = r.rounds(*rounds)
	}
	if *keep {
		fmt.Println("folder:", dir)
	} else {
		os.RemoveAll(dir)
	}
	if err != nil {
		fmt.Println("FAIL:", err)
		os.Exit(1)
	}
}
