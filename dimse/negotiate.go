package dimse

import (
	"net"
	"slices"
	"strings"
)

// Policy decides on requested associations.
type Policy interface {
	// Negotiate answers rq, which came from peer. It may not change rq.
	Negotiate(rq *AssociateRQ, peer net.Addr) Decision
}

// PolicyFunc is a function as a [Policy].
type PolicyFunc func(rq *AssociateRQ, peer net.Addr) Decision

// Negotiate calls f.
func (f PolicyFunc) Negotiate(rq *AssociateRQ, peer net.Addr) Decision { return f(rq, peer) }

// Decision is the outcome of a negotiation.
type Decision struct {
	// Reject, when not nil, refuses the association with these values.
	Reject *AssociateRJ
	// Contexts are the results, one for each proposed context in its order.
	Contexts []ContextResult
	// Roles are the role selections to answer.
	Roles []RoleSelection
	// Extended are the extended negotiation items to answer.
	Extended []ExtendedNegotiation
	// IdentityResponse, when not nil, answers the user identity.
	IdentityResponse []byte
}

// Reject values (PS3.8 section 9.3.4).
const (
	RejectPermanent byte = 1
	RejectTransient byte = 2

	RejectByUser         byte = 1
	RejectByACSE         byte = 2
	RejectByPresentation byte = 3

	ReasonNoReason            byte = 1
	ReasonApplicationContext  byte = 2 // by user
	ReasonCallingAE           byte = 3 // by user
	ReasonCalledAE            byte = 7 // by user
	ReasonProtocolVersion     byte = 2 // by ACSE
	ReasonTemporaryCongestion byte = 1 // by presentation
	ReasonLocalLimitExceeded  byte = 2 // by presentation
)

// ListPolicy decides by lists as dgatesop.lst has them (docs/original/network.md 1.2).
// An empty list accepts everything of its kind. Comparisons are exact.
type ListPolicy struct {
	RemoteAE         []string // calling AE titles
	LocalAE          []string // called AE titles
	Application      []string // application context UIDs
	AbstractSyntaxes []string // SOP class UIDs
	TransferSyntaxes []string
}

// Negotiate applies the lists: calling AE, called AE, application context, then
// each context, its transfer syntax being the first in the order of the
// requester that is listed. An association in whose contexts no transfer syntax
// is listed is refused; one whose abstract syntaxes are all unlisted is accepted
// without any accepted context.
func (p *ListPolicy) Negotiate(rq *AssociateRQ, _ net.Addr) Decision {
	switch {
	case !listed(p.RemoteAE, firstWord(rq.Calling)):
		return rejected(ReasonCallingAE)
	case !listed(p.LocalAE, firstWord(rq.Called)):
		return rejected(ReasonCalledAE)
	case !listed(p.Application, rq.ApplicationContext):
		return rejected(ReasonApplicationContext)
	}
	d := Decision{Contexts: make([]ContextResult, len(rq.Contexts)), Roles: rq.User.Roles}
	matched := false
	for i, pc := range rq.Contexts {
		r := ContextResult{ID: pc.ID, Result: ContextTransferNotSupported, TransferSyntax: firstOf(pc.TransferSyntaxes)}
		if ts, ok := p.transferSyntax(pc.TransferSyntaxes); ok {
			matched = true
			r.Result, r.TransferSyntax = ContextAccepted, ts
		}
		if !listed(p.AbstractSyntaxes, pc.AbstractSyntax) {
			r.Result = ContextAbstractNotSupported
		}
		d.Contexts[i] = r
	}
	if !matched {
		return rejected(ReasonNoReason)
	}
	return d
}

func (p *ListPolicy) transferSyntax(proposed []string) (string, bool) {
	for _, ts := range proposed {
		if len(ts) > 16 && listed(p.TransferSyntaxes, ts) {
			return ts, true
		}
	}
	return "", false
}

func rejected(reason byte) Decision {
	return Decision{Reject: &AssociateRJ{Result: RejectPermanent, Source: RejectByUser, Reason: reason}}
}

func listed(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// firstWord is the AE title up to its first white space.
func firstWord(t AETitle) string {
	s, _, _ := strings.Cut(string(t[:]), "\x00")
	if i := strings.IndexAny(s, " \t\n"); i >= 0 {
		s = s[:i]
	}
	return s
}
