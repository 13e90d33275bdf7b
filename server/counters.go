package server

import (
	"strings"
	"sync"
	"sync/atomic"
)

// counters are the numbers of display_status and of Lua's Global.
type counters struct {
	associations, sent, received, saved, forwarded, exported, copied atomic.Int64
	printed, printedColor                                            atomic.Int64
	echo, find, move, get, unknown, guiRequest                       atomic.Int64

	mu    sync.Mutex // guards other
	other map[string]*atomic.Int64
}

// variable is the counter that Lua's Global knows under name; letter case does
// not matter. Names without a meaning here keep what scripts write.
func (s *Server) variable(name string) *atomic.Int64 {
	c := &s.counters
	switch strings.ToLower(name) {
	case "imagessent":
		return &c.sent
	case "imagesreceived":
		return &c.received
	case "imagessaved":
		return &c.saved
	case "imagesforwarded":
		return &c.forwarded
	case "imagesexported":
		return &c.exported
	case "imagescopied":
		return &c.copied
	case "incomingassociations":
		return &c.associations
	case "echorequest":
		return &c.echo
	case "unknownrequest":
		return &c.unknown
	case "guirequest":
		return &c.guiRequest
	case "threadcount":
		return &s.threads
	case "openthreadcount":
		return &s.open
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.other == nil {
		c.other = map[string]*atomic.Int64{}
	}
	v := c.other[strings.ToLower(name)]
	if v == nil {
		v = &atomic.Int64{}
		c.other[strings.ToLower(name)] = v
	}
	return v
}
