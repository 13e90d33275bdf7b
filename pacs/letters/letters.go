// Package letters is the desk for work that did not go through: it lists the dead
// letters of all queues and of the quarantine, has them done again, moved to another
// destination or removed, and pauses and resumes destinations. Commands, API and
// browser use it with the same words.
package letters

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"conquest/queue"
)

// Source has dead letters; a [queue.Queue] is one.
type Source interface {
	Name() string
	Letters() []queue.Letter
	// Held is the number of entries that wait for each destination.
	Held() map[string]int
	// Bury makes dead letters of all that is held for a destination.
	Bury(destination string) int
	Retry(id uint64) error
	Skip(id uint64) error
	Move(id uint64, to string) error
}

// Desk works on all sources of a server.
type Desk struct {
	// Sources are those there are now.
	Sources func() []Source
	Gate    *queue.Gate
	// Knows tells whether a destination can be sent to; nil: all can.
	Knows func(destination string) bool
}

// Selection says which letters are meant. The zero value means all.
type Selection struct {
	Queue       string // "": of all
	ID          uint64 // one letter of Queue, when One is set
	One         bool
	Destination string // "": for all
}

func (s Selection) matches(l queue.Letter) bool {
	return (s.Queue == "" || s.Queue == l.Queue) && (!s.One || s.ID == l.ID) && (s.Destination == "" || s.Destination == l.Destination)
}

// List are the dead letters that are meant, oldest first.
func (d *Desk) List(sel Selection) []queue.Letter {
	var list []queue.Letter
	for _, s := range d.Sources() {
		for _, l := range s.Letters() {
			if sel.matches(l) {
				list = append(list, l)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b queue.Letter) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Destination is what waits for one place.
type Destination struct {
	Name    string
	Held    int // work that is tried again by itself
	Letters int
	Paused  *queue.Pause // nil: it is not
}

// Destinations are those that something waits for or that are paused, by name.
func (d *Desk) Destinations() []Destination {
	all := map[string]*Destination{}
	at := func(name string) *Destination {
		if all[name] == nil {
			all[name] = &Destination{Name: name}
		}
		return all[name]
	}
	for _, s := range d.Sources() {
		for name, n := range s.Held() {
			at(name).Held += n
		}
		for _, l := range s.Letters() {
			at(l.Destination).Letters++
		}
	}
	for _, p := range d.Gate.List() {
		at(p.Destination).Paused = &p
	}
	var list []Destination
	for _, e := range all {
		list = append(list, *e)
	}
	slices.SortFunc(list, func(a, b Destination) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Retry has letters done again, behind all that waits, and returns how many.
func (d *Desk) Retry(sel Selection) (int, error) {
	return d.each(sel, false, Source.Retry)
}

// Skip removes one letter: its work is not done.
func (d *Desk) Skip(sel Selection) (int, error) {
	if !sel.One {
		return 0, errors.New("skip: name one letter, QUEUE/NUMBER; purge removes several")
	}
	return d.each(sel, false, Source.Skip)
}

// Purge removes letters, and with a destination also what is held for it.
func (d *Desk) Purge(sel Selection) (int, error) {
	return d.each(sel, true, Source.Skip)
}

// Move has letters done again for another destination, and with a destination also
// what is held for it.
func (d *Desk) Move(sel Selection, to string) (int, error) {
	if to == "" || d.Knows != nil && !d.Knows(to) {
		return 0, fmt.Errorf("move: destination %q is not known", to)
	}
	return d.each(sel, true, func(s Source, id uint64) error { return s.Move(id, to) })
}

// each does something with all that is meant. It goes on after a failure.
func (d *Desk) each(sel Selection, held bool, act func(Source, uint64) error) (n int, err error) {
	var errs []error
	for _, s := range d.Sources() {
		if sel.Queue != "" && sel.Queue != s.Name() {
			continue
		}
		if held && !sel.One && sel.Destination != "" {
			s.Bury(sel.Destination)
		}
		for _, l := range s.Letters() {
			if !sel.matches(l) {
				continue
			}
			if err := act(s, l.ID); err != nil {
				errs = append(errs, err)
				continue
			}
			n++
		}
	}
	if sel.One && n == 0 && len(errs) == 0 {
		errs = append(errs, &queue.LetterError{Queue: sel.Queue, ID: sel.ID})
	}
	return n, errors.Join(errs...)
}

// Pause holds all that is for a destination. Other destinations of the same
// converters go on.
func (d *Desk) Pause(destination string) error {
	if destination == "" {
		return errors.New("pause: no destination")
	}
	return d.Gate.Pause(destination)
}

// Resume lets what is for a destination go on.
func (d *Desk) Resume(destination string) error { return d.Gate.Resume(destination) }
