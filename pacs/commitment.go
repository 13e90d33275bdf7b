package pacs

import (
	"context"
	"fmt"

	"conquest/db"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/pacs/life"
	"conquest/pacs/peers"
	"conquest/pacs/who"
)

// committed notes what a requester of storage commitment was told.
func (s *PACS) committed(ae string, committed, failed []string) {
	if !s.Life.On() {
		return
	}
	by := who.Actor{Name: ae, Way: "storage commitment"}.String()
	var events []life.Event
	for _, uid := range committed {
		events = append(events, life.Event{Kind: life.Committed, SOP: uid, Peer: ae, By: by})
	}
	for _, uid := range failed {
		events = append(events, life.Event{Kind: life.Missing, SOP: uid, Peer: ae, By: by})
	}
	s.Life.Note(events...)
}

// commitmentHost is the server as storage commitment sees it.
type commitmentHost struct{ s *PACS }

func (h commitmentHost) Config() *dicomini.Config { return h.s.Live.Current() }

func (h commitmentHost) Lookup(ctx context.Context, sop, patient string) (db.Location, bool, error) {
	return h.s.Index.Lookup(ctx, sop, patient)
}

func (h commitmentHost) Knows(ae string) bool {
	_, known := h.s.AEs.Lookup(ae)
	return known
}

// Call opens an association on which this server may send reports.
func (h commitmentHost) Call(ctx context.Context, ae, calling string) (*dimse.Association, func(), error) {
	peer, known := h.s.AEs.Lookup(ae)
	if !known {
		return nil, nil, fmt.Errorf("AE %s is not in acrnema.map", ae)
	}
	cfg := h.s.Live.Current()
	d := peers.Destination{Host: peer.Host, Port: peer.Port, Calling: calling, Called: ae, Compression: "un"}
	a, err := h.s.Peers.DialAs(ctx, cfg, d, []string{dimse.StorageCommitmentPush},
		dimse.RoleSelection{SOPClassUID: dimse.StorageCommitmentPush, SCP: true})
	if err != nil {
		return nil, nil, err
	}
	return a, func() { h.s.Peers.HangUp(a, cfg) }, nil
}
