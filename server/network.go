package server

import (
	"sync"

	"conquest/queue"
	"conquest/server/printing"
)

// network is what the services on the network share.
type network struct {
	printing   *printing.Service
	peers      peerHealth
	arrivals   arrivals
	prefetcher prefetcher
	stays      stays

	commitMu sync.Mutex // guards commits
	commits  *queue.Queue[commitmentJob]
}
