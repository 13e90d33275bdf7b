package retrieve

import (
	"conquest/pacs/life"
	"conquest/pacs/site"
	"conquest/pacs/who"
	"conquest/rules"
)

// note tells the life line what came of an object of a retrieval.
func (r *Retrieval) note(o *outgoing, warning string, err error) {
	if !r.s.Life.On() {
		return
	}
	e := site.LifeOfRow(life.Sent, o.ref)
	by := who.Actor{Name: r.caller.Calling(), Way: "C-MOVE"}
	if a := r.caller.Address(); a != rules.NoAddress {
		by.Address = a
	}
	e.Peer = r.q.Destination
	if e.Peer == "" {
		by.Way, e.Peer = "C-GET", by.Name
	}
	e.By = by.String()
	e.Set("warning", warning)
	if err != nil {
		e.Kind = life.Failed
		e.Set("error", err.Error())
	} else if o.ds != nil {
		e.Set("syntax", o.ds.TransferSyntax().UID)
	}
	r.s.Life.Note(e)
}
