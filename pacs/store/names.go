package store

import (
	"sync"
)

// reservedNames are paths that are about to be written: two objects for which a
// FileNameSyntax makes the same name can not take it from each other.
type reservedNames struct {
	mu    sync.Mutex
	paths map[string]bool
}

// reserve takes a path; false when another has it.
func (r *reservedNames) reserve(path string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paths[path] {
		return false
	}
	if r.paths == nil {
		r.paths = map[string]bool{}
	}
	r.paths[path] = true
	return true
}

// release gives a path free; one that is not taken is no mistake.
func (r *reservedNames) release(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.paths, path)
}
