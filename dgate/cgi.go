package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"conquest/cgi"
)

// answerCGI answers a web request.
func answerCGI(argv []string, query string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cgi.Serve(ctx, cgi.Call{Args: argv, Query: query, Getenv: os.LookupEnv, Stdin: os.Stdin, Stdout: os.Stdout})
	return 0
}
