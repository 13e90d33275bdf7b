// Package retrieve sends stored objects to whoever asked for them: C-MOVE and C-GET.
package retrieve

import (
	"conquest/pacs/find"
	"conquest/pacs/peers"
	"conquest/pacs/site"
	"conquest/pacs/transcode"
	"conquest/pacs/virtual"
)

// Retriever sends stored objects.
type Retriever struct {
	*site.Site
	find      *find.Finder
	virtual   *virtual.Servers
	peers     *peers.Peers
	transcode *transcode.Transcoder
}

// New makes it.
func New(s *site.Site, find *find.Finder, virtual *virtual.Servers, peers *peers.Peers, transcode *transcode.Transcoder) *Retriever {
	return &Retriever{Site: s, find: find, virtual: virtual, peers: peers, transcode: transcode}
}
