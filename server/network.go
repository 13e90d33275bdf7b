package server

import (
	"conquest/pacs/commitment"
	"conquest/pacs/prefetch"
	"conquest/pacs/printing"
)

// network is what the services on the network share.
type network struct {
	printing   *printing.Service
	commitment *commitment.Service
	peers      peerHealth
	arrivals   arrivals
	prefetcher *prefetch.Prefetcher
}
