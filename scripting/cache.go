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

// NewCache makes a cache of at most limit programs; 0 means 1000. Keywords in
// texts are looked up when they are compiled, so [dicom.UseDictionary] comes first.
func NewCache(limit int) *Cache {
	if limit <= 0 {
		limit = 1000
	}
	return &Cache{programs: make(map[programKey]*Program), limit: limit}
}

// Get returns the program of text, compiled when it is not known yet. A nil
// cache compiles.
func (c *Cache) Get(d Dialect, text string) *Program {
	if c == nil || len(text) > maxCachedText {
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
		c.thin()
	}
	c.programs[key] = p
	return p
}

// maxCachedText is the length of the longest text that is kept.
const maxCachedText = 8192

// thin drops some programs, whichever come first.
func (c *Cache) thin() {
	drop := max(1, c.limit/4)
	for key := range c.programs {
		if drop == 0 {
			return
		}
		delete(c.programs, key)
		drop--
	}
}
