package command

import (
	"context"
	"errors"
	"time"

	"conquest/dicomini"
	"conquest/oplog"
)

// drainLook is how often the queues are looked at.
const drainLook = 200 * time.Millisecond

func runDrain(_ context.Context, c *call) ([]byte, error) {
	s := c.s
	if s.Quit == nil {
		return nil, errors.New("no server is running here")
	}
	if s.Draining.Swap(true) {
		return textAnswer("the server is being drained\n"), nil
	}
	limit := dicomini.Atoi(c.arg)
	oplog.Draining(s.Console)
	c.after = func() { s.drainAndQuit(time.Duration(limit) * time.Second) }
	return nil, nil
}

// drainAndQuit ends the server when nothing is open any more, or after limit; 0 is
// no limit.
func (s *Commands) drainAndQuit(limit time.Duration) {
	if s.Delayed != nil {
		s.Delayed.Flush() // nothing more comes to be collected
	}
	began := time.Now()
	for s.OpenWork() > 0 && s.Running.Err() == nil && (limit <= 0 || time.Since(began) < limit) {
		time.Sleep(drainLook)
	}
	s.Quit()
}
