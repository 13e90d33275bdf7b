// Command badinputs sends to a server what no honest peer sends - huge
// identifiers, bombs, silence, nonsense - and prints what each costs it: the most
// memory, processor time, and what became of it. The server has to answer an echo
// after each. A line that exceeds the bounds is marked and the exit status is 1.
//
//	go run ./regress/badinputs            builds the server
//	DGATE=PATH go run ./regress/badinputs
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"

	"conquest/regress/rig"
)

func main() {
	log.SetFlags(0)
	short := flag.Bool("short", false, "leave out those of more than 50 MB")
	only := flag.String("only", "", "send those whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	defer rig.Clean()
	results, err := run(ctx, *short, *only)
	fmt.Print(table(results))
	if err != nil {
		rig.Clean()
		log.Fatal(err)
	}
}
