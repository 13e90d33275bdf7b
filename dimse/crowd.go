package dimse

import "time"

// How long an association must have been silent to give way to another one.
const (
	idleBetween = time.Second      // before its request, or between messages
	idleWithin  = 10 * time.Second // within a message
)

// makeRoom lets the association that is idle for longest, of the host with most
// associations, give way to one of newcomer; false when there is none. Hosts with
// fewer associations than newcomer are spared. s.mu is held.
func (s *Server) makeRoom(newcomer string) bool {
	now := time.Now()
	var victim *Association
	var longest time.Duration
	for a := range s.open {
		n := s.perHost[a.host]
		if a.refused || n < s.perHost[newcomer] || victim != nil && n < s.perHost[victim.host] {
			continue
		}
		idle, ok := a.idle(now)
		if !ok {
			continue
		}
		if victim == nil || n > s.perHost[victim.host] || idle > longest {
			victim, longest = a, idle
		}
	}
	if victim == nil {
		return false
	}
	victim.timer.stop(ErrGaveWay)
	if victim.timer.reason() != ErrGaveWay {
		return false
	}
	s.leaving++
	return true
}

// idle tells for how long the association has waited for its peer; ok is false
// when it works, was stopped, or waits for too short a time.
func (a *Association) idle(now time.Time) (waiting time.Duration, ok bool) {
	a.mu.Lock()
	working := a.handling || a.err != nil
	a.mu.Unlock()
	if working || a.timer.reason() != nil {
		return 0, false
	}
	waiting = a.timer.waiting(now)
	if a.inMessage.Load() {
		return waiting, waiting >= idleWithin
	}
	return waiting, waiting >= idleBetween
}
