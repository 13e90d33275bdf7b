package site

import (
	"sync"
)

// Waiters tells waiting retrievals that an object has been stored.
type Waiters struct {
	mu      sync.Mutex
	waiting map[string][]chan struct{} // by SOP instance
}

// Await is closed when the object is stored; done must be called.
func (w *Waiters) Await(sop string) (arrived <-chan struct{}, done func()) {
	c := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting == nil {
		w.waiting = map[string][]chan struct{}{}
	}
	w.waiting[sop] = append(w.waiting[sop], c)
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		list := w.waiting[sop]
		for i, other := range list {
			if other == c {
				list = append(list[:i:i], list[i+1:]...)
				break
			}
		}
		if len(list) == 0 {
			delete(w.waiting, sop)
		} else {
			w.waiting[sop] = list
		}
	}
}

// Stored wakes those who wait for the object.
func (w *Waiters) Stored(sop string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.waiting[sop] {
		close(c)
	}
	delete(w.waiting, sop)
}
