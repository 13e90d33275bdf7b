package pacs

import (
	"context"
	"errors"
	"time"

	"conquest/dicomini"
)

// handOverLimit is how long delayed commands may take to be written.
const handOverLimit = time.Minute

// HandOver writes the work of all queues to the failure files of the original, which
// knows no others. No server may run at the site. kept is the work that stays in the
// queues: what has no form there, and dead letters.
func (s *PACS) HandOver(ctx context.Context, cfg *dicomini.Config) (written, kept int, err error) {
	s.Export.Busy = func() bool { return true } // nothing is done
	if err := s.StartQueues(cfg); err != nil {
		return 0, 0, err
	}
	s.Delayed.Flush()
	for end := time.Now().Add(handOverLimit); s.Delayed.Collecting() > 0; {
		if ctx.Err() != nil || time.Now().After(end) {
			err = errors.New("delayed commands are still collected")
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	add := func(w, k int) { written, kept = written+w, kept+k }
	for _, q := range s.Export.Exports() {
		add(q.HandOver())
	}
	if q := s.Export.Mirrors(); q != nil {
		add(q.HandOver())
	}
	add(s.Delayed.Ready().HandOver())
	s.Delayed.Close()
	s.Export.StopQueues()
	return written, kept, err
}
