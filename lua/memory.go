package lua

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/group"
)

// The memory of a state is bounded by measuring what its values hold
// ([State.measure]). That is done only when the whole process has allocated as much
// since the last time as the state had left: before that it can not have
// reached its limit.

// meter tells how many bytes the process has allocated. It runs while chunks
// with a limit run.
type meter struct {
	allocated atomic.Uint64

	mu      sync.Mutex
	users   int
	running bool

	goroutines group.Group // one at most
}

const meterStep = 2 * time.Millisecond

func (m *meter) enter() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users++; !m.running {
		m.running = true
		m.read()
		m.goroutines.Go("lua meter", m.run)
	}
}

func (m *meter) leave() {
	m.mu.Lock()
	m.users--
	m.mu.Unlock()
}

func (m *meter) run() {
	t := time.NewTicker(meterStep)
	defer t.Stop()
	for range t.C {
		m.read()
		m.mu.Lock()
		m.running = m.users > 0
		on := m.running
		m.mu.Unlock()
		if !on {
			return
		}
	}
}

func (m *meter) read() {
	sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample[:])
	m.allocated.Store(sample[0].Value.Uint64())
}

// overLimit tells that the state holds more than it may. After that the script may
// go on for a while, so that it can handle the error.
func (s *State) overLimit() bool {
	if s.e.meter.allocated.Load() < s.measureAt {
		return false
	}
	left := s.limit - s.measure()
	s.e.meter.read() // measuring allocates, too
	s.measureAt = s.e.meter.allocated.Load() + uint64(max(left, s.limit/8))
	s.exhausted = left < 0
	return left < 0
}

// Room raises the error of memory when n bytes more than a string may have, or than
// the state may hold, are asked for.
func (s *State) Room(l *glua.LState, n int) {
	if n > MaxString || n < 0 || s.limit > 0 && n > s.limit {
		s.exhausted = s.limit > 0
		l.RaiseError("%s", errMemory.Error())
	}
}

// Largest is how long a string may get.
func (s *State) Largest() int {
	if s.limit > 0 {
		return min(s.limit, MaxString)
	}
	return MaxString
}

// relieve drops the globals of a state whose chunk ended for want of memory, when
// they are what filled it.
func (s *State) relieve() {
	if !s.exhausted {
		return
	}
	s.exhausted = false
	if held := s.measure(); held > s.limit/2 {
		if s.e.opt.Dropped != nil {
			s.e.opt.Dropped(held)
		}
		s.drop()
	}
	debug.FreeOSMemory()
}
