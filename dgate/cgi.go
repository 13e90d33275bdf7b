package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"conquest/web"
)

// cgi answers a web request.
func cgi(argv []string, query string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	web.Serve(ctx, web.Call{Args: argv, Query: query, Getenv: os.LookupEnv, Stdin: os.Stdin, Stdout: os.Stdout})
	return 0
}
