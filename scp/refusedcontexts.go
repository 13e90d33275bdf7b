package scp

import (
	"sync"
	"time"

	"conquest/dicomini"
	"conquest/dimse"
)

// refusedContexts remembers what was said of refused presentation contexts, so that a
// sender that proposes them with each association is told of once an hour.
type refusedContexts struct {
	mu   sync.Mutex
	said map[refusedContext]time.Time
}

type refusedContext struct{ calling, uid string }

// maxRefusals bounds what is remembered.
const maxRefusals = 1000

// first tells whether r was not said within the hour.
func (r *refusedContexts) first(what refusedContext) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.Sub(r.said[what]) < time.Hour {
		return false
	}
	if r.said == nil || len(r.said) >= maxRefusals {
		r.said = map[refusedContext]time.Time{}
	}
	r.said[what] = now
	return true
}

// sayRefusedContexts tells, for each context that was refused, what dgatesop.lst lacks
// and the line to add.
func (s *SCP) sayRefusedContexts(a *dimse.Association) {
	list := s.SOPs.Current()
	say := func(kind dicomini.SOPKind, what, uid string) {
		if list.Allows(kind, uid) || !s.refused.first(refusedContext{a.Calling(), uid}) {
			return
		}
		s.Console.Event("*** "+what+" refused: it is not in dgatesop.lst", "calling", a.Calling(), "uid", uid,
			"name", dicomini.CurrentSOPList().Name(kind, uid), "add", dicomini.LineFor(kind, uid))
	}
	rq := a.Proposal()
	if rq == nil {
		return
	}
	for _, pc := range rq.Contexts {
		if c := a.ContextByID(pc.ID); c != nil && c.Accepted() {
			continue
		}
		say(dicomini.AbstractSyntax, "SOP class", pc.AbstractSyntax)
		for _, ts := range pc.TransferSyntaxes {
			say(dicomini.TransferSyntax, "transfer syntax", ts)
		}
	}
}
