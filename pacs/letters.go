package pacs

import (
	"strings"

	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/letters"
	"conquest/queue"
)

// Letters is the desk for dead letters, for commands and other ways in.
func (s *PACS) Letters() *letters.Desk {
	return &letters.Desk{Gate: s.Export.Gate, Sources: s.LetterSources, Knows: func(ae string) bool {
		_, known := s.AEs.Lookup(ae)
		if _, web := dicomini.WebName(ae); web && !known {
			_, known = s.Peers.WebServer(ae)
			return known
		}
		return known || strings.Contains(ae, ":") // host and port
	}}
}

// LetterSources are the queues and the quarantine.
func (s *PACS) LetterSources() []letters.Source {
	var list []letters.Source
	for _, q := range s.Export.Exports() {
		list = append(list, q)
	}
	if s.Export.Mirrors() != nil {
		list = append(list, s.Export.Mirrors())
	}
	if s.Delayed != nil {
		list = append(list, s.Delayed.Ready())
	}
	if s.Commitment != nil {
		if q := s.Commitment.Promises(); q != nil {
			list = append(list, q)
		}
	}
	return append(list, s.Store.Quarantine)
}

// OpenWork is the number of entries in all queues that will be worked on without
// anybody's doing.
func (s *PACS) OpenWork() int {
	n := 0
	for _, st := range s.states() {
		n += st.Open()
	}
	if s.Delayed != nil {
		n += s.Delayed.Collecting()
	}
	return n
}

func (s *PACS) states() []queue.State {
	var list []queue.State
	for _, q := range s.Export.Exports() {
		list = append(list, q.State())
	}
	if s.Export.Mirrors() != nil {
		list = append(list, s.Export.Mirrors().State())
	}
	if s.Delayed != nil {
		list = append(list, s.Delayed.Ready().State())
	}
	if q := s.Commitment.Promises(); q != nil {
		list = append(list, q.State())
	}
	return list
}

// sayOpenWork says at the end what is left to the next start.
func (s *PACS) sayOpenWork() {
	open, dead := s.OpenWork(), len(s.Letters().List(letters.Selection{}))
	if open == 0 && dead == 0 {
		return
	}
	if dead > 0 {
		oplog.QueueLeftDead(s.Console, open, dead)
		return
	}
	oplog.QueueLeft(s.Console, open)
}
