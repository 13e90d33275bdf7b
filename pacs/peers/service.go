// Package peers asks other systems, and this server as a peer of itself: echo, find, move, get,
// store, print.
package peers

import (
	"conquest/pacs/site"
	"conquest/pacs/transcode"
)

// Peers are the systems of acrnema.map and dicomweb.map.
type Peers struct {
	*site.Site
	transcode *transcode.Transcoder
	health    peerHealth
	orders    orders
	webs      webPeers
}

// New makes it.
func New(s *site.Site, transcode *transcode.Transcoder) *Peers {
	return &Peers{Site: s, transcode: transcode}
}
