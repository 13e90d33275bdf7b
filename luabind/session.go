package luabind

import (
	"sync"

	"conquest/budget"
)

// Session keeps the Lua state of an association, a queue or a tool. The state is
// made when the first chunk runs. The zero value is ready for use.
type Session struct {
	// Globals are variables that chunks of the session see besides their own.
	Globals map[string]any
	// Memory is what the state counts against, instead of what the engine has for
	// all; set before the state is made.
	Memory *budget.Budget

	mu    sync.Mutex // guards below
	state *State
}

// State is the state of the session.
func (s *Session) State(e *Engine) *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == nil {
		s.state = e.NewState()
		if s.Memory != nil {
			s.state.vm.Bound(s.Memory)
		}
	}
	return s.state
}

// Started tells whether there is a state.
func (s *Session) Started() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state != nil
}

// Close ends the state, if there is one.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != nil {
		s.state.Close()
		s.state = nil
	}
}
