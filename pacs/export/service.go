// Package export hands stored objects to export converters and mirror devices, by queues on disk.
package export

import (
	"conquest/pacs/site"
	"conquest/queue"
)

// Queues are the queues of export converters and of the mirror.
type Queues struct {
	*site.Site

	// Gate holds destinations that are paused; nil in tools.
	Gate    *queue.Gate
	exports []*queue.Queue[exportJob]
	mirrors *queue.Queue[mirrorJob]
	// Busy tells that exports have to wait: a regeneration is running.
	Busy func() bool
}

// New makes it.
func New(s *site.Site) *Queues {
	return &Queues{Site: s}
}

// Exports are the queues of export converters, by number.
func (s *Queues) Exports() []*queue.Queue[exportJob] { return s.exports }

// Mirrors is the queue of mirror copies, nil without mirror devices.
func (s *Queues) Mirrors() *queue.Queue[mirrorJob] { return s.mirrors }
