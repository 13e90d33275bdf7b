// Package remove removes stored objects: index rows, files and mirror copies. What
// somebody asked to be removed goes through package undo, what only made room or
// passed through does not.
package remove

import (
	"conquest/pacs/site"
	"conquest/pacs/undo"
)

// Remover removes what is stored.
type Remover struct {
	*site.Site
	// Undo keeps what is removed for UndoHours.
	Undo *undo.Journal
}

// New makes it.
func New(s *site.Site) *Remover {
	r := &Remover{Site: s}
	r.Undo = undo.New(undo.Site{
		Config: s.Live.Current, Index: s.Index, Console: s.Console, Options: s.JournalOptions, Lock: s.Locks.Lock,
		Removed: r.removeMirror,
	})
	r.Undo.OnFinished = r.finished
	return r
}
