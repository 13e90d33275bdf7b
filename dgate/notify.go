package main

import (
	"context"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// notify tells the service manager of Linux a state, when it wants to know
// (sd_notify).
func notify(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	if path[0] == '@' {
		path = "\x00" + path[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write([]byte(state))
}

func notifyReady() { notify("READY=1") }

// notifyStopping is said once, when the server begins to end.
var notifyStopping = sync.OnceFunc(func() { notify("STOPPING=1") })

// watchdog tells the service manager that the program lives, twice as often as
// it asks for, until ctx ends.
func watchdog(ctx context.Context) {
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 {
		return
	}
	ticker := time.NewTicker(time.Duration(usec) * time.Microsecond / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			notify("WATCHDOG=1")
		}
	}
}
