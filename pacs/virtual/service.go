// Package virtual asks virtual servers: peers whose objects are shown as if they were here.
package virtual

import (
	"conquest/pacs/peers"
	"conquest/pacs/remove"
	"conquest/pacs/site"
)

// Servers are the VirtualServerForN of the configuration.
type Servers struct {
	*site.Site
	peers  *peers.Peers
	remove *remove.Remover
}

// New makes it.
func New(s *site.Site, peers *peers.Peers, remove *remove.Remover) *Servers {
	return &Servers{Site: s, peers: peers, remove: remove}
}
