package rules

import (
	"sync"
	"time"
)

// Running is a converter at work.
type Running struct {
	Name  string // ImportConverter0
	Since time.Time
}

// runs are the converters at work.
type runs struct {
	mu   sync.Mutex
	last int
	now  map[int]Running
}

// begin notes a converter that begins; the result that it has ended.
func (r *runs) begin(name string) (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		r.now = map[int]Running{}
	}
	r.last++
	id := r.last
	r.now[id] = Running{name, time.Now()}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.now, id)
	}
}

// Running lists the converters at work, in no order.
func (e *Engine) Running() []Running {
	e.runs.mu.Lock()
	defer e.runs.mu.Unlock()
	list := make([]Running, 0, len(e.runs.now))
	for _, r := range e.runs.now {
		list = append(list, r)
	}
	return list
}
