package server

import "sync/atomic"

// counters are the numbers of display_status and of Lua's Global.
type counters struct {
	associations, sent, received, forwarded    atomic.Int64
	printed, printedColor                      atomic.Int64
	echo, find, move, get, unknown, guiRequest atomic.Int64
}
