package dimse

import (
	"net"
	"sync"
	"time"
)

// readTimer sets the read deadline of a connection, seldom enough not to cost
// much, and lets other goroutines end a read.
type readTimer struct {
	conn    net.Conn
	mu      sync.Mutex
	set     time.Time // when the deadline was last set
	began   time.Time // when the last read began
	fixed   bool      // the deadline stays
	quiet   bool      // no deadline: a handler works
	stopped error     // reads end with this
}

// arm sets the deadline timeout ahead, at most a sixteenth less.
func (t *readTimer) arm(timeout time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.began = now
	if t.fixed || t.quiet || t.stopped != nil {
		return
	}
	if now.Sub(t.set) > timeout/16 {
		t.conn.SetReadDeadline(now.Add(timeout))
		t.set = now
	}
}

// fix sets a deadline that later reads do not move.
func (t *readTimer) fix(timeout time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fixed = true
	if t.stopped == nil {
		t.conn.SetReadDeadline(time.Now().Add(timeout))
	}
}

// free ends the effect of fix.
func (t *readTimer) free() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fixed, t.set = false, time.Time{}
}

// silence switches the deadline off while a handler works, or on again, which
// also holds for a read that waits already.
func (t *readTimer) silence(on bool, timeout time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quiet == on {
		return
	}
	t.quiet, t.set = on, time.Time{}
	if t.stopped != nil || t.fixed {
		return
	}
	if on {
		t.conn.SetReadDeadline(time.Time{})
		return
	}
	t.set = time.Now()
	t.conn.SetReadDeadline(t.set.Add(timeout))
}

// stop ends the read under way and all later ones with err.
func (t *readTimer) stop(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped == nil {
		t.stopped = err
		t.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// waiting is for how long the read under way has had no answer.
func (t *readTimer) waiting(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Sub(t.began)
}

func (t *readTimer) reason() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopped
}
