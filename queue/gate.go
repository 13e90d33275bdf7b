package queue

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"conquest/journal"
)

// Gate knows which destinations are paused. All queues of a server share one; it
// remembers over a restart. A nil Gate has none.
type Gate struct {
	mu      sync.Mutex // guards all below
	journal *journal.Journal
	paused  map[string]Pause
	changed []func()
}

// Pause is a destination that gets nothing for now.
type Pause struct {
	Destination string    `json:"to"`
	Since       time.Time `json:"since"`

	id uint64
}

// OpenGate reads which destinations are paused from a journal.
func OpenGate(path string, opt journal.Options) (*Gate, error) {
	j, entries, err := journal.Open(path, opt)
	if err != nil {
		return nil, err
	}
	g := &Gate{journal: j, paused: map[string]Pause{}}
	for _, e := range entries {
		p := Pause{id: e.ID}
		if err := json.Unmarshal(e.Data, &p); err != nil {
			return nil, fmt.Errorf("paused destinations in %s: %w", path, err)
		}
		g.paused[p.Destination] = p
	}
	return g, nil
}

func (g *Gate) join(changed func()) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changed = append(g.changed, changed)
}

// Paused tells whether a destination is paused.
func (g *Gate) Paused(destination string) bool {
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, paused := g.paused[destination]
	return paused
}

// Pause holds all that is for a destination from now on; what is being sent is
// sent.
func (g *Gate) Pause(destination string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, paused := g.paused[destination]; paused {
		return fmt.Errorf("pause %s: it is paused", destination)
	}
	p := Pause{Destination: destination, Since: time.Now()}
	data, err := json.Marshal(p)
	if err == nil {
		p.id, err = g.journal.Add(data)
	}
	if err != nil {
		return fmt.Errorf("pause %s: %w", destination, err)
	}
	g.paused[destination] = p
	return nil
}

// Resume lets what is for a destination go on.
func (g *Gate) Resume(destination string) error {
	g.mu.Lock()
	p, paused := g.paused[destination]
	if !paused {
		g.mu.Unlock()
		return fmt.Errorf("resume %s: it is not paused", destination)
	}
	delete(g.paused, destination)
	err := g.journal.Done(p.id)
	changed := slices.Clone(g.changed)
	g.mu.Unlock()
	for _, f := range changed {
		f()
	}
	if err != nil {
		return fmt.Errorf("resume %s: until the next start: %w", destination, err)
	}
	return nil
}

// List are the paused destinations, by name.
func (g *Gate) List() []Pause {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []Pause
	for _, p := range g.paused {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Pause) int { return strings.Compare(a.Destination, b.Destination) })
	return list
}

// Close ends the use of the journal.
func (g *Gate) Close() error {
	if g == nil {
		return nil
	}
	return g.journal.Close()
}
