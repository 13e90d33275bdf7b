package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// used is the processor time of the server.
func (s *site) used() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Pid))
	if err != nil {
		return 0
	}
	const ticks = 100 // a second, on all systems that Go runs on
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * time.Second / ticks
}

// resetPeak begins a new measurement of [site.peak].
func (s *site) resetPeak() {
	os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.process.Pid), []byte("5"), 0)
}

// peak is the most memory the server had resident since resetPeak.
func (s *site) peak() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Pid))
	if err != nil {
		return -1
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	f := strings.Fields(rest)
	if len(f) == 0 {
		return -1
	}
	kB, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil {
		return -1
	}
	return kB << 10
}

// also adds what a program that has ended used.
func (p *peer) also(state *os.ProcessState) {
	p.cost.cpu += state.UserTime() + state.SystemTime()
	if u, ok := state.SysUsage().(*syscall.Rusage); ok {
		p.cost.memory = max(p.cost.memory, u.Maxrss<<10)
	}
}
