package dicomweb

import (
	"fmt"
	"sync"

	"conquest/dicom"
)

// budget bounds the memory of all requests that receive objects.
type budget struct {
	mu   sync.Mutex
	left int64 // guarded by mu
}

// receiveMemory is that of all objects that are received at once, in bytes.
const receiveMemory = 64 << 20

func newBudget(n int64) *budget { return &budget{left: n} }

// try takes n bytes if they are to be had.
func (b *budget) try(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < n {
		return false
	}
	b.left -= n
	return true
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
}

// share is what one object takes of a budget.
type share struct {
	of    *budget
	taken int64
}

var _ dicom.Budget = (*share)(nil)

// Take takes n bytes more; an error tells that there are not so many.
func (s *share) Take(n int64) error {
	if !s.of.try(n) {
		return fmt.Errorf("%d bytes of memory: %w", n, ErrBusy)
	}
	s.taken += n
	return nil
}

// free gives all back.
func (s *share) free() {
	if s.taken == 0 {
		return
	}
	s.of.give(s.taken)
	s.taken = 0
}
