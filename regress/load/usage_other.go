//go:build !linux

package main

import "time"

// usage is what a process has used so far; it is known on Linux only.
type usage struct {
	cpu  time.Duration
	peak int64
}

func readUsage(int) usage { return usage{} }

func resetPeak(int) {}
