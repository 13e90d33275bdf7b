package site

import (
	"sync"
)

// keyedLocks serialises work on the same key.
type keyedLocks struct {
	mu   sync.Mutex
	keys map[string]*keyedLock
}

type keyedLock struct {
	mu      sync.Mutex
	holders int
}

// Lock waits for key and returns what frees it.
func (l *keyedLocks) Lock(key string) (unlock func()) {
	l.mu.Lock()
	if l.keys == nil {
		l.keys = map[string]*keyedLock{}
	}
	k := l.keys[key]
	if k == nil {
		k = &keyedLock{}
		l.keys[key] = k
	}
	k.holders++
	l.mu.Unlock()
	k.mu.Lock()
	return func() {
		k.mu.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if k.holders--; k.holders == 0 {
			delete(l.keys, key)
		}
	}
}
