package login

import (
	"sync"
	"time"
)

// Bounds of the waiting after failures.
const (
	firstWait = time.Second
	mostWait  = 30 * time.Second
	forget    = 15 * time.Minute
	mostKept  = 10000
)

// throttle makes whoever fails to log in wait before he may try again: a second,
// then twice as long each time up to half a minute, for an account from an
// address, and for an address. Nobody is locked out: other addresses go on.
type throttle struct {
	mu   sync.Mutex
	now  func() time.Time
	seen map[string]failures
}

type failures struct {
	n    int
	last time.Time
}

func newThrottle() *throttle { return &throttle{now: time.Now, seen: map[string]failures{}} }

// wait is how long none of the keys may try.
func (t *throttle) wait(keys ...string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	var longest time.Duration
	for _, k := range keys {
		if f, ok := t.seen[k]; ok {
			longest = max(longest, f.last.Add(f.pause()).Sub(t.now()))
		}
	}
	return longest
}

func (f failures) pause() time.Duration {
	d := firstWait
	for i := 1; i < f.n && d < mostWait; i++ {
		d *= 2
	}
	return min(d, mostWait)
}

// failed counts a failure of the keys.
func (t *throttle) failed(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.seen) >= mostKept {
		t.sweep(now)
	}
	for _, k := range keys {
		f := t.seen[k]
		if now.Sub(f.last) > forget {
			f.n = 0
		}
		t.seen[k] = failures{f.n + 1, now}
	}
}

// sweep forgets what is old, and all when that does not make room.
func (t *throttle) sweep(now time.Time) {
	for k, f := range t.seen {
		if now.Sub(f.last) > mostWait {
			delete(t.seen, k)
		}
	}
	if len(t.seen) >= mostKept {
		clear(t.seen)
	}
}

// passed forgets the failures of the keys.
func (t *throttle) passed(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.seen, k)
	}
}
