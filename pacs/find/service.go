// Package find answers queries from the index and from virtual servers.
package find

import (
	"conquest/pacs/peers"
	"conquest/pacs/prefetch"
	"conquest/pacs/site"
	"conquest/pacs/virtual"
)

// Finder answers queries.
type Finder struct {
	*site.Site
	peers      *peers.Peers
	virtual    *virtual.Servers
	Prefetcher *prefetch.Prefetcher
}

// New makes it.
func New(s *site.Site, peers *peers.Peers, virtual *virtual.Servers) *Finder {
	return &Finder{Site: s, peers: peers, virtual: virtual}
}
