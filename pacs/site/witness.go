package site

import (
	"context"
	"net"

	"conquest/db"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/rules"
)

// Witness is told what comes and what becomes of it, for a recording.
type Witness interface {
	// Tap is a listener for an association that begins, nil for none; outgoing tells
	// that this server opened it.
	Tap(peer net.Addr, outgoing bool) dimse.Tap
	// Trace is what sees the decisions of rules about one object.
	Trace() rules.Trace
	// Arrived is told what became of an object.
	Arrived(ctx context.Context, a Arrived)
	// Exported is told that an export converter ran on a stored object.
	Exported(ctx context.Context, e Exported)
	// Did is told of other work: of what kind, about whom, and what.
	Did(kind, patient, sop, what string)
}

// Kinds of work that [Witness.Did] is told of.
const (
	DidDelete  = "deleted"
	DidProgram = "program"
	DidFile    = "file"
	DidLua     = "lua"
)

// Arrived is what became of an object that came in.
type Arrived struct {
	Received string         // SOP instance UID of the request, "" when there was none
	Object   *dicom.Dataset // as it is stored
	Caller   rules.Caller
	Path     string // of the file; "" when it is left out
	Location db.Location
	Err      error // why it was refused
	Trace    rules.Trace
}

// Exported is what an export converter did.
type Exported struct {
	SOP, PatientID, Calling, Called string
	Outcome                         string
	Trace                           rules.Trace
}

// Did tells the witness, when there is one.
func (s *Site) Did(kind, patient, sop, what string) {
	if s.Witness != nil {
		s.Witness.Did(kind, patient, sop, what)
	}
}

// OutgoingTap makes listeners for associations that this server opens.
func (s *Site) OutgoingTap() func(net.Addr) dimse.Tap { return s.tap(true) }

// IncomingTap makes those for associations that others open.
func (s *Site) IncomingTap() func(net.Addr) dimse.Tap { return s.tap(false) }

func (s *Site) tap(outgoing bool) func(net.Addr) dimse.Tap {
	if s.Witness == nil {
		return nil
	}
	return func(peer net.Addr) dimse.Tap { return s.Witness.Tap(peer, outgoing) }
}

// Rehearsal is the address that takes the place of all destinations, "" in a server
// at work. In a rehearsal no program runs, and no file is written outside of the
// site: what would be done is told to the witness.
func (s *Site) Rehearsal() string { return s.rehearsal }

// Rehearse makes this a rehearsal; all associations go to an address.
func (s *Site) Rehearse(address string) { s.rehearsal = address }

// AddressOf is the address that stands for one: itself but in a rehearsal.
func (s *Site) AddressOf(address string) string {
	if s.rehearsal != "" {
		return s.rehearsal
	}
	return address
}
