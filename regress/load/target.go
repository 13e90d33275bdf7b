package main

import (
	"fmt"
	"slices"
	"time"
)

// A target is what dgate is to reach in a row on two quiet cores.
type target struct {
	rate float64
	p99  time.Duration // 0: none
}

var targets = map[string]target{
	"echo": {25000, 0}, "assoc-echo": {2600, 0},
	"store-small-1": {1150, 0}, "store-small-4": {3500, 10 * time.Millisecond}, "store-small-16": {4000, 10 * time.Millisecond},
	"store-ct-1": {1200, 0}, "store-ct-4": {1500, 40 * time.Millisecond}, "store-ct-16": {920, 40 * time.Millisecond},
	"store-multiframe-1": {10.5, 0}, "store-multiframe-4": {17, 0},
	"single-1": {1100, 0}, "single-4": {1800, 0}, "move": {2500, 0}, "get": {2500, 0},
	"find-images": {1000, 0}, "mixed": {300, 30 * time.Millisecond},
	"forward-small": {1000, 0}, "forward-ct": {600, 0}, "get-param": {167, 0},
}

// rivals are the servers that dgate is to leave behind: those that keep an index.
var rivals = []string{"original", "orthanc", "dcmqrscp"}

// aheadOf is what the queries are to be faster than the original.
var aheadOf = map[string]float64{"find-patient": 1.3, "find-name": 1.3, "find-date": 1.3}

// judge compares the first server's figures with the target and with the others.
func (t *table) judge(r tableRow) string {
	own := r.cells[0].median()
	if own == nil {
		return " | |"
	}
	best, original := 0.0, 0.0
	for i, c := range r.cells {
		m := c.median()
		if m == nil || !slices.Contains(rivals, t.peers[i].name) {
			continue
		}
		best = max(best, m.rate())
		if t.peers[i].name == "original" {
			original = m.rate()
		}
	}
	want := targets[r.row.name]
	if f := aheadOf[r.row.name]; f > 0 {
		want.rate = f * original
	}
	text := fmt.Sprintf(" %s", rate(want.rate))
	if want.p99 > 0 {
		text += fmt.Sprintf(" (%d)", want.p99.Milliseconds())
	}
	met := "no"
	switch {
	case own.rate() < want.rate:
	case want.p99 > 0 && own.quantile(.99) > want.p99:
		met = "rate only"
	default:
		met = "yes"
	}
	if best > 0 && own.rate() >= best {
		return text + " | " + met + ", first |"
	}
	if best == 0 {
		return text + " | " + met + " |"
	}
	return text + " | " + met + fmt.Sprintf(", %.2f of the first |", own.rate()/best)
}
