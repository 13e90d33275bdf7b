package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used so far.
type usage struct {
	cpu  time.Duration // user and system, with ended children
	peak int64         // highest resident memory since the last reset, bytes
}

const ticksPerSecond = 100

// readUsage reads /proc; a process that is gone has used nothing.
func readUsage(pid int) usage {
	var u usage
	if pid == 0 {
		return u
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u
	}
	// The name in parentheses may contain spaces.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, i := range []int{11, 12, 13, 14} {
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64)
			u.cpu += time.Duration(n) * time.Second / ticksPerSecond
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			u.peak = n << 10
		}
	}
	return u
}

// resources are what a process holds at a moment.
type resources struct{ rss, threads, files int } // rss in kB

func held(pid int) (r resources, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return r, fmt.Errorf("look at process: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		switch name {
		case "VmRSS":
			r.rss, _ = strconv.Atoi(fields[0])
		case "Threads":
			r.threads, _ = strconv.Atoi(fields[0])
		}
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return r, fmt.Errorf("look at process: %w", err)
	}
	r.files = len(files)
	return r, nil
}

// resetPeak starts a new measurement of the highest memory.
func resetPeak(pid int) {
	if pid != 0 {
		// Without the right to do so the peak is that since the start.
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
	}
}
