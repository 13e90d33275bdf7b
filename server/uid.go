package server

import (
	"fmt"
	"sync"
	"time"
)

// uidMaker makes UIDs below the site's prefix: PREFIX.CLASS.TIME.COUNTER.
type uidMaker struct {
	prefix string

	mu      sync.Mutex // guards below
	counter uint32
	second  int64
}

// Classes of UIDs, the digit behind the prefix.
const (
	uidGeneral = 6
	uidMapped  = 7
)

// uidsPerSecond is how far the counter of a UID goes.
const uidsPerSecond = 10000

// make returns a new UID. When a second's numbers are used up the next second
// is borrowed, so that no UID comes twice.
func (m *uidMaker) make(class int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := time.Now().Unix(); now > m.second {
		m.second = now
	}
	n := m.counter % uidsPerSecond
	m.counter++
	uid := fmt.Sprintf("%s.%d.%d.%d", m.prefix, class, m.second, n)
	if n == uidsPerSecond-1 {
		m.second++
	}
	return uid
}
