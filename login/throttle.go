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
// address. Nobody is locked out: other addresses and accounts go on.
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

// wait is how long a key may not try.
func (t *throttle) wait(key string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, ok := t.seen[key]
	if !ok {
		return 0
	}
	return max(0, f.last.Add(f.pause()).Sub(t.now()))
}

func (f failures) pause() time.Duration {
	d := firstWait
	for i := 1; i < f.n && d < mostWait; i++ {
		d *= 2
	}
	return min(d, mostWait)
}

// failed counts a failure of a key.
func (t *throttle) failed(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.seen) >= mostKept {
		t.sweep(now)
	}
	f := t.seen[key]
	if now.Sub(f.last) > forget {
		f.n = 0
	}
	t.seen[key] = failures{f.n + 1, now}
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

// passed forgets the failures of a key.
func (t *throttle) passed(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, key)
}
