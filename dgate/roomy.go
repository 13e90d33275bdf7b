package main

import (
	"os"
	"runtime/debug"
	"time"
)

// How the collector runs in commands and scripts: at first for every 16 MB, which most
// never make, and in those that run longer for every 48 MB.
const (
	firstPercent = 400
	room         = 48 << 20
	roomAfter    = 10 * time.Millisecond
)

// roomy lets the collector run less often than for every 4 MB that a script makes,
// which costs half of its time: memory that is never touched makes the heap look
// larger. The result ends it. GOGC of the environment counts instead.
func roomy() (end func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	usual := debug.SetGCPercent(firstPercent)
	ballast := make(chan []byte, 1)
	t := time.AfterFunc(roomAfter, func() {
		ballast <- make([]byte, room)
		debug.SetGCPercent(usual)
	})
	return func() {
		if !t.Stop() {
			<-ballast
		}
	}
}
