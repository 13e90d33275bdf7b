package scripting

import "sync"

// Cache keeps compiled texts. It is safe for concurrent use.
type Cache struct {
	mu       sync.RWMutex
	programs map[programKey]*Program
	limit    int
}

type programKey struct {
	dialect Dialect
	text    string
}

// NewCache makes a cache of at most limit programs; 0 means 1000.
func NewCache(limit int) *Cache {
	if limit <= 0 {
		limit = 1000
	}
	return &Cache{programs: make(map[programKey]*Program), limit: limit}
}

// Get returns the program of text, compiled when it is not known yet. A nil
// cache compiles.
func (c *Cache) Get(d Dialect, text string) *Program {
	if c == nil {
		return Compile(d, text)
	}
	key := programKey{d, text}
	c.mu.RLock()
	p := c.programs[key]
	c.mu.RUnlock()
	if p != nil {
		return p
	}
	p = Compile(d, text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.programs) >= c.limit {
		clear(c.programs)
	}
	c.programs[key] = p
	return p
}
