// Package virtual asks virtual servers: peers whose objects are shown as if they were here.
package virtual

import (
	"context"

	"conquest/dicom"
	"conquest/pacs/peers"
	"conquest/pacs/remove"
	"conquest/pacs/site"
)

// Servers are the VirtualServerForN of the configuration.
type Servers struct {
	*site.Site
	peers  *peers.Peers
	remove *remove.Remover

	// Take stores an object that was fetched from a DICOMweb server.
	Take func(ctx context.Context, server string, object *dicom.Dataset) error
}

// New makes it.
func New(s *site.Site, peers *peers.Peers, remove *remove.Remover) *Servers {
	return &Servers{Site: s, peers: peers, remove: remove}
}
