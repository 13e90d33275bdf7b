package server

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"conquest/dicomini"
	"conquest/pacs/letters"
	"conquest/queue"
)

// drain tells whether the server takes new work.
type drain struct{ on atomic.Bool }

// errDraining refuses objects while the server empties its queues.
var errDraining = errors.New("the server is being drained and takes no new objects")

// drainLook is how often the queues are looked at.
const drainLook = 200 * time.Millisecond

func runDrain(_ context.Context, c *commandCall) ([]byte, error) {
	s := c.s
	if s.quit == nil {
		return nil, errors.New("no server is running here")
	}
	if s.drain.on.Swap(true) {
		return textAnswer("the server is being drained\n"), nil
	}
	limit := dicomini.Atoi(c.arg)
	s.con.Operator("No new work is taken; the server ends when its queues are empty")
	c.release = true
	c.after = func() { s.drainAndQuit(time.Duration(limit) * time.Second) }
	return nil, nil
}

// drainAndQuit ends the server when nothing is open any more, or after limit; 0 is
// no limit.
func (s *Server) drainAndQuit(limit time.Duration) {
	if s.delayed != nil {
		s.delayed.Flush() // nothing more comes to be collected
	}
	began := time.Now()
	for s.openWork() > 0 && s.running.Err() == nil && (limit <= 0 || time.Since(began) < limit) {
		time.Sleep(drainLook)
	}
	s.quit()
}

// openWork is the number of entries in all queues that will be worked on without
// anybody's doing.
func (s *Server) openWork() int {
	n := 0
	for _, st := range s.states() {
		n += st.Open()
	}
	if s.delayed != nil {
		n += s.delayed.Collecting()
	}
	return n
}

func (s *Server) states() []queue.State {
	var list []queue.State
	for _, q := range s.exports {
		list = append(list, q.State())
	}
	if s.mirrors != nil {
		list = append(list, s.mirrors.State())
	}
	if s.delayed != nil {
		list = append(list, s.delayed.Ready().State())
	}
	if q := s.net.commitment.Promises(); q != nil {
		list = append(list, q.State())
	}
	return list
}

// sayOpenWork says at the end what is left to the next start.
func (s *Server) sayOpenWork() {
	open, dead := s.openWork(), len(s.Letters().List(letters.Selection{}))
	if open == 0 && dead == 0 {
		return
	}
	line := fmt.Sprintf("%d queue entries are left to the next start", open)
	if dead > 0 {
		line += fmt.Sprintf(", %d dead letters", dead)
	}
	s.con.Operator("%s", line)
}
