// Package submit writes stored objects to archives and sends those away.
package submit

import (
	"conquest/pacs/find"
	"conquest/pacs/site"
)

// Submitter makes archives of stored objects.
type Submitter struct {
	*site.Site
	find *find.Finder
}

// New makes it.
func New(s *site.Site, find *find.Finder) *Submitter {
	return &Submitter{Site: s, find: find}
}
