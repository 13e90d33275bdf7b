package db

import "sync"

// maxSaidUIDs is how many mappings the original keeps in memory.
const maxSaidUIDs = 256

// saidUIDs are the mappings of UIDs that the log had lately: an object has the
// UIDs of its study and series in common with its neighbours, and the original
// names each once.
type saidUIDs struct {
	mu   sync.Mutex
	set  map[[2]string]bool
	ring [maxSaidUIDs][2]string
	next int
	met  bool // the first one, which the original overlooks in its memory
}

// add notes a mapping; false when it is among the last ones.
func (u *saidUIDs) add(old, stage string) bool {
	key := [2]string{old, stage}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.set[key] {
		return false
	}
	if !u.met {
		u.met = true
		return true
	}
	if u.set == nil {
		u.set = make(map[[2]string]bool, maxSaidUIDs)
	}
	delete(u.set, u.ring[u.next])
	u.ring[u.next] = key
	u.next = (u.next + 1) % maxSaidUIDs
	u.set[key] = true
	return true
}
