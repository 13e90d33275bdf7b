// Command dgate is the server, its maintenance tool and the client of its
// commands, all in one, as at every Conquest site.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"conquest/console"
	"conquest/dicomini"
	"conquest/server"
)

func main() { os.Exit(run(os.Args)) }

func run(argv []string) int {
	w, regen, verbose := "", false, false
	opt := dicomini.Options{}
	for _, a := range argv[1:] {
		switch {
		case a == "-v":
			verbose = true
		case strings.HasPrefix(a, "-w"), strings.HasPrefix(a, "-W"):
			w = a[2:]
		case strings.HasPrefix(a, "-r"):
			regen = true
		case strings.HasPrefix(a, "-p"):
			opt.Port = a[2:]
		case strings.HasPrefix(a, "-h"):
			opt.AE = a[2:]
		}
	}
	loc, err := dicomini.Locate(argv[0], w)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, a := range argv[1:] {
		if a == "--lint" {
			return lint(loc, opt)
		}
		if command, ok := strings.CutPrefix(a, "--"); ok {
			return client(loc, opt, command)
		}
	}
	con := console.New("", "")
	if verbose {
		out := console.Writer(os.Stdout)
		con.SetTargets(out, out)
	}
	opt.Message = func(m string) { con.Operator("%s", m) }
	live, err := dicomini.Open(loc, opt)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := server.New(ctx, live, server.Options{Console: con, Argv0: argv[0]})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer s.Close()
	if regen {
		if err := s.Regenerate(ctx, 0); err != nil {
			con.Operator("%v", err)
			return 1
		}
		return 0
	}
	if err := s.Run(ctx, "Mon Nov 23 00:00:00 2026"); err != nil {
		return 1
	}
	return 0
}

// Exit statuses of the command client (spec/commands.md 2).
const (
	exitAnswered = 255
	exitFailed   = 1
)

// client sends a command to the running server and prints the answer as it is.
func client(loc dicomini.Location, opt dicomini.Options, command string) int {
	live, err := dicomini.Open(loc, opt)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	cfg := live.Current()
	answer, ok, err := server.SendCommand(context.Background(), "127.0.0.1:"+strconv.Itoa(cfg.Port()), cfg.MyACRNema, command, nil)
	switch {
	case err != nil:
		return exitFailed
	case !ok:
		return 0
	}
	os.Stdout.Write(answer)
	return exitAnswered
}

// lint prints what is wrong in the configuration.
func lint(loc dicomini.Location, opt dicomini.Options) int {
	live, err := dicomini.Open(loc, opt)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	findings, err := server.LintSite(live)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, f := range findings {
		fmt.Println(f)
	}
	if len(findings) > 0 {
		return 1
	}
	return 0
}
