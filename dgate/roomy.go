package main

import "time"

// How much a script may make before the collector runs, and after how long a script
// gets that much.
const (
	room      = 48 << 20
	roomAfter = 10 * time.Millisecond
)

// roomy lets the collector run less often than for every 4 MB that a script makes,
// which costs half of its time: memory that is never touched makes the heap look
// larger. Short scripts do without. The result ends it.
func roomy() (end func()) {
	ballast := make(chan []byte, 1)
	t := time.AfterFunc(roomAfter, func() { ballast <- make([]byte, room) })
	return func() {
		if !t.Stop() {
			<-ballast
		}
	}
}
