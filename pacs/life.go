package pacs

import (
	"conquest/pacs/life"
	"conquest/pacs/peers"
	"conquest/pacs/who"
	"conquest/scripting"
)

// noteOrder notes a delayed command that failed as a whole: objects that were sent are
// noted one by one.
func (s *PACS) noteOrder(d scripting.Delayed, o peers.MoveOrder, err error) {
	if err == nil || !s.Life.On() {
		return
	}
	e := life.Event{
		Kind: life.Failed, Series: d.SeriesUID, Study: d.StudyUID, Patient: d.PatientID, Peer: o.Destination,
		By: who.Actor{Way: "delayed command"}.String(),
	}
	e.Set("command", d.Operation)
	e.Set("error", err.Error())
	s.Life.Note(e)
}
