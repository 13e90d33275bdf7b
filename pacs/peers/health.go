package peers

import (
	"sync"
	"time"
)

// peerHealth remembers which destinations can not be reached, so that the log
// says so when the trouble begins and when it ends, and not for every object.
type peerHealth struct {
	mu  sync.Mutex
	bad map[string]*trouble // by AE and address
}

// trouble is a row of failures.
type trouble struct {
	since    time.Time
	failures int
	said     time.Time
}

// troubleAfter is the number of failures in a row from which a destination
// counts as out of order; it is mentioned again each troubleAgain.
const (
	troubleAfter = 3
	troubleAgain = time.Hour
)

// failed notes a failure to reach a destination and tells whether to log it,
// and whether it is the one that opens the trouble.
func (h *peerHealth) failed(key string, now time.Time) (say, opens bool, t trouble) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bad == nil {
		h.bad = map[string]*trouble{}
	}
	e := h.bad[key]
	if e == nil {
		if len(h.bad) >= maxTroubles {
			return true, false, trouble{since: now, failures: 1}
		}
		e = &trouble{since: now}
		h.bad[key] = e
	}
	e.failures++
	switch {
	case e.failures < troubleAfter:
		return true, false, *e
	case e.failures == troubleAfter:
		e.said = now
		return true, true, *e
	case now.Sub(e.said) > troubleAgain:
		e.said = now
		return true, true, *e
	}
	return false, false, *e
}

// maxTroubles bounds the destinations remembered: their names may come from
// scripts.
const maxTroubles = 1000

// reached notes success and gives the trouble that it ends, if any.
func (h *peerHealth) reached(key string) (t trouble, recovered bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.bad[key]
	if e == nil {
		return t, false
	}
	delete(h.bad, key)
	return *e, e.failures >= troubleAfter
}

// notReached logs a destination that can not be reached, within reason.
func (s *Peers) notReached(d Destination, err error) {
	say, opens, t := s.health.failed(d.Called+"@"+d.address(), time.Now())
	switch {
	case opens:
		s.Console.Event("*** destination is out of order, single failures are not logged any more", "ae", d.Called, "host", d.Host, "port", d.Port,
			"failures", t.failures, "since", t.since.Format(time.DateTime), "error", err)
	case say:
		s.Console.Event("destination can not be reached", "ae", d.Called, "host", d.Host, "port", d.Port, "error", err)
	}
}

// reachedAgain logs the end of a destination's trouble.
func (s *Peers) reachedAgain(d Destination) {
	if t, recovered := s.health.reached(d.Called + "@" + d.address()); recovered {
		s.Console.Event("destination is in order again", "ae", d.Called, "host", d.Host, "port", d.Port,
			"failures", t.failures, "out of order for", time.Since(t.since).Round(time.Second))
	}
}
