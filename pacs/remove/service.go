// Package remove removes stored objects: index rows, files and mirror copies.
package remove

import "conquest/pacs/site"

// Remover removes what is stored.
type Remover struct {
	*site.Site
}

// New makes it.
func New(s *site.Site) *Remover {
	return &Remover{Site: s}
}
