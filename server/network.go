package server

import (
	"conquest/server/commitment"
	"conquest/server/prefetch"
	"conquest/server/printing"
)

// network is what the services on the network share.
type network struct {
	printing   *printing.Service
	commitment *commitment.Service
	peers      peerHealth
	arrivals   arrivals
	prefetcher *prefetch.Prefetcher
}
