package site

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"conquest/dimse"
	"conquest/metrics"
)

// PeerLabel is the name of a peer in metrics: its AE title, or what stands for it in
// acrnema.map, else one for all others.
func (s *Site) PeerLabel(ae string) string {
	if e, ok := s.AEs.Lookup(ae); ok {
		return e.Name
	}
	return metrics.Other
}

// services are the names of DIMSE services in metrics.
var services = map[dimse.CommandField]string{
	dimse.CStoreRQ: "store", dimse.CFindRQ: "find", dimse.CMoveRQ: "move", dimse.CGetRQ: "get", dimse.CEchoRQ: "echo",
	dimse.NActionRQ: "action", dimse.NEventReportRQ: "event", dimse.NCreateRQ: "create", dimse.NSetRQ: "set", dimse.NDeleteRQ: "delete", dimse.NGetRQ: "nget",
}

// ServiceLabel is the name of a service in metrics.
func ServiceLabel(field dimse.CommandField) string {
	if name, ok := services[field]; ok {
		return name
	}
	return metrics.Other
}

// StatusLabel is the class of a status in metrics.
func StatusLabel(s dimse.Status) string {
	switch {
	case s == dimse.Success:
		return "success"
	case s == dimse.StatusCancel:
		return "cancel"
	case s.IsWarning():
		return "warning"
	case s&0xff00 == dimse.OutOfResources:
		return "resources"
	}
	return "failure"
}

// MeterOutgoing counts what an association to a peer does. opened is to be called
// when it is made, or could not be.
func (s *Site) MeterOutgoing(r *dimse.Request, called, ae string) (opened func(error)) {
	if s.Meter == nil {
		return func(error) {}
	}
	if ae == "" {
		ae = called
	}
	peer := s.PeerLabel(ae)
	const open, over = 1, 2
	var state atomic.Int32
	r.Ended = func() {
		if state.Swap(over) == open {
			s.Meter.Outgoing(-1)
			s.Meter.Association(metrics.Out, peer, "ok")
		}
	}
	r.Asked = func(_ *dimse.Association, o dimse.Operation) {
		status := StatusLabel(o.Status)
		if o.Lost {
			status = "lost"
		}
		s.Meter.Operation(metrics.Operation{Service: ServiceLabel(o.Field) + "_scu", Peer: peer, Status: status, Took: o.Took, Sent: o.Sent})
	}
	return func(err error) {
		s.Meter.Reached(peer, err == nil)
		if err != nil {
			s.Meter.Association(metrics.Out, peer, DialResult(err))
		} else if state.CompareAndSwap(0, open) {
			s.Meter.Outgoing(1)
		}
	}
}

// DialResult is why an association could not be made, in a word.
func DialResult(err error) string {
	var rejected *dimse.RejectError
	var timeout net.Error
	switch {
	case errors.As(err, &rejected):
		return "rejected"
	case errors.Is(err, dimse.ErrNoContext):
		return "no context"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "not reached"
}
