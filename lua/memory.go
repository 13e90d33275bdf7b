package lua

import (
	"math"
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

// uncounted is what a state may hold without a share of the budget, and how much
// more than it holds it takes at a time.
const uncounted = 16 << 20

func (s *State) bounded() bool { return s.limit > 0 || s.budget != nil }

// overLimit tells that the state holds more than it may. After that the script may
// go on for a while, so that it can handle the error.
func (s *State) overLimit() bool {
	if s.e.meter.allocated.Load() < s.measureAt {
		return false
	}
	held := s.measure()
	left, step := s.takeBudget(int64(held)), uncounted/2
	if s.limit > 0 {
		left, step = min(left, s.limit-held), min(step, s.limit/8)
	}
	s.e.meter.read() // measuring allocates, too
	s.measureAt = s.e.meter.allocated.Load() + uint64(max(left, step))
	s.exhausted = left < 0
	return left < 0
}

// takeBudget takes as much of the budget as values of held bytes want, and tells how
// many more they may fill before it is asked again; less than nothing when it had
// no more.
func (s *State) takeBudget(held int64) (left int) {
	if s.budget == nil {
		return math.MaxInt
	}
	want := held + uncounted
	if held <= uncounted/2 {
		want = 0
	}
	switch {
	case want < s.taken:
		s.budget.Give(s.taken - want)
		s.taken = want
	case want > s.taken && s.budget.Take(want-s.taken) == nil:
		s.taken = want
	case held > s.taken+uncounted:
		return -1
	}
	return int(max(s.taken, uncounted) - held)
}

// Room raises the error of memory when n bytes more than a string may have, or than
// the state may hold, are asked for.
func (s *State) Room(l *glua.LState, n int) {
	if n > s.Largest() || n < 0 {
		s.exhausted = s.bounded()
		l.RaiseError("%s", errMemory.Error())
	}
}

// Largest is how long a string may get.
func (s *State) Largest() int {
	n := MaxString
	if s.limit > 0 {
		n = min(s.limit, n)
	}
	if left, bounded := s.budget.Left(); bounded {
		n = int(min(left+max(s.taken, uncounted), int64(n)))
	}
	return n
}

// relieve drops the globals of a state whose chunk ended for want of memory, when
// they are what filled it.
func (s *State) relieve() {
	if !s.exhausted {
		return
	}
	s.exhausted = false
	most := max(2*uncounted, int(s.taken/2))
	if s.limit > 0 && (s.budget == nil || s.limit/2 < most) {
		most = s.limit / 2
	}
	if held := s.measure(); held > most {
		if s.e.opt.Dropped != nil {
			s.e.opt.Dropped(held)
		}
		s.drop()
	}
	debug.FreeOSMemory()
}
