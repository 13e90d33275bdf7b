// Command foreign takes files of other makers through a server: each is stored in its
// own transfer syntax, found, fetched as it is, fetched uncompressed, fetched in each
// compression and stored back from it, and drawn. What comes is judged by dcmtk, gdcm
// and pydicom. It prints a line for each file that is not in order, or for all, and the
// counts; the exit status is 1 when a stored file is not what it should be.
//
//	go run ./regress/foreign [-all] [-short] [-dgate PATH] FOLDER...
//
// A file may be refused, with a reason; one that is stored has to be found, and come
// back equal. The files are whoever's who runs it; none belong to the repository.
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
	short := flag.Bool("short", false, "leave out folders in the folders and files of more than 200 kB")
	all := flag.Bool("all", false, "print a line for each file")
	flag.Func("dgate", "the program to be tried; one is built without", func(path string) error { return os.Setenv("DGATE", path) })
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("foreign [-all] [-short] [-dgate PATH] FOLDER...")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	trips, err := run(ctx, flag.Args(), *short)
	rig.Clean()
	fmt.Print(table(trips, *all))
	if err != nil {
		log.Fatal(err)
	}
	if faults(trips) > 0 {
		os.Exit(1)
	}
}
