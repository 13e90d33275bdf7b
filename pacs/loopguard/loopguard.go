// Package loopguard notices objects that go round: two servers that forward to each
// other, or one that forwards to itself.
package loopguard

import (
	"hash/crc64"
	"sync"
	"time"

	"conquest/dicom"
)

// Trip is one way of an object: what is sent, where it came from, by which rule it
// goes where.
type Trip struct {
	SOP     string
	Content uint64 // see [Content]
	Peer    string // AE that it came from
	Rule    string
	To      string
}

// Guard counts the trips of the last minute.
type Guard struct {
	mu    sync.Mutex // guards all below
	since time.Time  // when now began
	now   map[Trip]int
	last  map[Trip]int // of the minute before
}

// maxTrips bounds the trips that are remembered: SOP instances come from senders.
const maxTrips = 200_000

// Admit counts a trip and tells whether it is one of at most limit in a minute; 0
// admits all. Trips beyond maxTrips in a minute begin a new count.
func (g *Guard) Admit(t Trip, limit int, at time.Time) bool {
	if limit <= 0 {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	age := at.Sub(g.since)
	switch {
	case g.now == nil || age >= 2*time.Minute:
		g.now, g.last, g.since = map[Trip]int{}, nil, at
	case age >= time.Minute || len(g.now) >= maxTrips:
		g.now, g.last, g.since = map[Trip]int{}, g.now, at
	}
	// The part of the minute before that is within the last minute counts.
	before := float64(g.last[t]) * max(0, 1-at.Sub(g.since).Minutes())
	if float64(g.now[t])+before >= float64(limit) {
		return false
	}
	g.now[t]++
	return true
}

// largest is the size in bytes from which only the beginning of a value counts.
const largest = 64 << 10

var table = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(crc64.ECMA) })

// Content is a number that objects with the same elements share. Of large values
// length and beginning count.
func Content(d *dicom.Dataset) uint64 {
	var sum uint64
	for e := range d.All() {
		head := [8]byte{byte(e.Tag), byte(e.Tag >> 8), byte(e.Tag >> 16), byte(e.Tag >> 24)}
		v := e.Value
		n := len(v)
		head[4], head[5], head[6], head[7] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
		sum = crc64.Update(sum, table(), head[:])
		sum = crc64.Update(sum, table(), v[:min(n, largest)])
		for _, item := range e.Items {
			c := Content(item)
			sum = crc64.Update(sum, table(), []byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24), byte(c >> 32), byte(c >> 40), byte(c >> 48), byte(c >> 56)})
		}
	}
	return sum
}
