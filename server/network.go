package server

import (
	"sync"

	"conquest/queue"
)

// network is what the services on the network share.
type network struct {
	printing   sync.Mutex // one film is drawn at a time
	peers      peerHealth
	arrivals   arrivals
	prefetcher prefetcher
	stays      stays

	commitMu sync.Mutex // guards commits
	commits  *queue.Queue[commitmentJob]
}
