package dimse

import (
	"slices"

	"conquest/dicom"
)

// PresentationContext is a proposed context and what became of it.
type PresentationContext struct {
	ID             byte
	AbstractSyntax string
	Proposed       []string // transfer syntaxes in the order of the requester
	Result         byte     // ContextAccepted or the reason of refusal
	TransferSyntax dicom.TransferSyntax
	Role           *RoleSelection // as accepted, nil when not negotiated
}

// Accepted tells whether messages may use the context.
func (c *PresentationContext) Accepted() bool { return c.Result == ContextAccepted }

// WriteOrder is the order in which transfer syntaxes of accepted contexts are
// preferred when the sender has no wish of its own (docs/original/network.md 4.2).
var WriteOrder = []string{
	dicom.ImplicitLittleEndian, dicom.ExplicitLittleEndian, dicom.ExplicitBigEndian, dicom.RLELossless,
	dicom.JPEGBaseline, dicom.JPEGExtended, "1.2.840.10008.1.2.4.52", dicom.JPEGSpectral, "1.2.840.10008.1.2.4.54",
	dicom.JPEGProgressive, "1.2.840.10008.1.2.4.56", dicom.JPEGLossless, "1.2.840.10008.1.2.4.58",
	"1.2.840.10008.1.2.4.59", "1.2.840.10008.1.2.4.60", "1.2.840.10008.1.2.4.61", "1.2.840.10008.1.2.4.62",
	"1.2.840.10008.1.2.4.63", "1.2.840.10008.1.2.4.64", "1.2.840.10008.1.2.4.65", "1.2.840.10008.1.2.4.66",
	dicom.JPEGLosslessSV1, dicom.JPEGLSLossless, dicom.JPEGLSNearLossless, dicom.JPEG2000Lossless, dicom.JPEG2000,
}

// uncompressed are the syntaxes a data set without compressed pixels can be
// written in, the best first.
var uncompressed = []string{dicom.ExplicitLittleEndian, dicom.ImplicitLittleEndian, dicom.ExplicitBigEndian, dicom.DeflatedExplicit}

// setContexts pairs the proposed contexts of the request with their results.
func (a *Association) setContexts(rq *AssociateRQ, ac *AssociateAC) {
	a.contexts = make([]*PresentationContext, 0, len(rq.Contexts))
	for i, p := range rq.Contexts {
		pc := &PresentationContext{
			ID: p.ID, AbstractSyntax: p.AbstractSyntax, Proposed: p.TransferSyntaxes, Result: ContextRejectedNoReason,
		}
		if r := resultOf(ac, i, p.ID); r != nil {
			pc.Result = r.Result
			pc.TransferSyntax, _ = dicom.LookupTransferSyntax(r.TransferSyntax)
		}
		if k := slices.IndexFunc(ac.User.Roles, func(r RoleSelection) bool { return r.SOPClassUID == p.AbstractSyntax }); k >= 0 {
			pc.Role = &ac.User.Roles[k]
		}
		a.contexts = append(a.contexts, pc)
		if a.byID[p.ID] == nil || !a.byID[p.ID].Accepted() {
			a.byID[p.ID] = pc
		}
	}
}

// resultOf finds the result of a context, usually at its own place.
func resultOf(ac *AssociateAC, i int, id byte) *ContextResult {
	if i < len(ac.Contexts) && ac.Contexts[i].ID == id {
		return &ac.Contexts[i]
	}
	for k := range ac.Contexts {
		if ac.Contexts[k].ID == id {
			return &ac.Contexts[k]
		}
	}
	return nil
}

// Contexts are all proposed contexts in order of the request, with results.
func (a *Association) Contexts() []*PresentationContext { return a.contexts }

// ContextByID is the proposed context with this ID, nil when there is none.
func (a *Association) ContextByID(id byte) *PresentationContext { return a.byID[id] }

// ContextFor is, among the accepted contexts of a SOP class, the one with the
// first possible transfer syntax of prefer (UIDs); without prefer, or when none
// of those was accepted, the first in [WriteOrder], or else any. It is nil when
// the class was not accepted.
func (a *Association) ContextFor(sopClass string, prefer ...string) *PresentationContext {
	if pc := a.contextIn(sopClass, prefer); pc != nil {
		return pc
	}
	if pc := a.contextIn(sopClass, WriteOrder); pc != nil {
		return pc
	}
	for _, pc := range a.contexts {
		if pc.Accepted() && pc.AbstractSyntax == sopClass {
			return pc
		}
	}
	return nil
}

// contextIn is like ContextFor with prefer being all that is allowed.
func (a *Association) contextIn(sopClass string, prefer []string) *PresentationContext {
	best, at := (*PresentationContext)(nil), len(prefer)
	for _, pc := range a.contexts {
		if !pc.Accepted() || pc.AbstractSyntax != sopClass {
			continue
		}
		if k := slices.Index(prefer, pc.TransferSyntax.UID); k >= 0 && k < at {
			best, at = pc, k
		}
	}
	return best
}

// contextForData is the accepted context of a class on which data can go
// without transcoding, nil when there is none.
func (a *Association) contextForData(sopClass string, d *Data) *PresentationContext {
	switch {
	case d == nil || d.ds != nil && !d.ds.Has(dicom.TransferSyntaxUID):
		if pc := a.contextIn(sopClass, uncompressed); pc != nil || d != nil {
			return pc
		}
		return a.ContextFor(sopClass)
	case d.ds != nil:
		ts := d.ds.TransferSyntax()
		if ts.Encapsulated {
			return a.contextIn(sopClass, []string{ts.UID})
		}
		return a.contextIn(sopClass, append([]string{ts.UID}, uncompressed...))
	}
	return a.contextIn(sopClass, []string{d.syntax.UID})
}
