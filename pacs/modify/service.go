// Package modify changes stored objects: by scripts, to other patients, into one series or study.
package modify

import (
	"conquest/pacs/find"
	"conquest/pacs/remove"
	"conquest/pacs/site"
	"conquest/pacs/store"
)

// Modifier changes stored objects.
type Modifier struct {
	*site.Site
	store  *store.Store
	remove *remove.Remover
	find   *find.Finder
}

// New makes it.
func New(s *site.Site, store *store.Store, remove *remove.Remover, find *find.Finder) *Modifier {
	return &Modifier{Site: s, store: store, remove: remove, find: find}
}
