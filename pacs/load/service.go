// Package load reads stored objects.
package load

import (
	"conquest/pacs/site"
	"conquest/pacs/virtual"
)

// Loader reads stored objects.
type Loader struct {
	*site.Site
	virtual *virtual.Servers
}

// New makes it.
func New(s *site.Site, virtual *virtual.Servers) *Loader {
	return &Loader{Site: s, virtual: virtual}
}
