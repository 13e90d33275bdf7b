//go:build !linux

package main

import (
	"errors"
	"time"
)

// usage is what a process has used so far; it is known on Linux only.
type usage struct {
	cpu  time.Duration
	peak int64
}

func readUsage(int) usage { return usage{} }

func resetPeak(int) {}

// resources are what a process holds at a moment.
type resources struct{ rss, threads, files int }

func held(int) (resources, error) { return resources{}, errors.New("look at process: Linux only") }
