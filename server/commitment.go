package server

import (
	"context"
	"fmt"

	"conquest/db"
	"conquest/dicomini"
	"conquest/dimse"
)

// commitmentHost is the server as storage commitment sees it.
type commitmentHost struct{ s *Server }

func (h commitmentHost) Config() *dicomini.Config { return h.s.live.Current() }

func (h commitmentHost) Lookup(ctx context.Context, sop, patient string) (db.Location, bool, error) {
	return h.s.db.Lookup(ctx, sop, patient)
}

func (h commitmentHost) Knows(ae string) bool {
	_, known := h.s.aes.Lookup(ae)
	return known
}

// Call opens an association on which this server may send reports.
func (h commitmentHost) Call(ctx context.Context, ae, calling string) (*dimse.Association, func(), error) {
	peer, known := h.s.aes.Lookup(ae)
	if !known {
		return nil, nil, fmt.Errorf("AE %s is not in acrnema.map", ae)
	}
	cfg := h.s.live.Current()
	d := destination{host: peer.Host, port: peer.Port, calling: calling, called: ae, compression: "un"}
	a, err := h.s.dialAs(ctx, cfg, d, []string{dimse.StorageCommitmentPush},
		dimse.RoleSelection{SOPClassUID: dimse.StorageCommitmentPush, SCP: true})
	if err != nil {
		return nil, nil, err
	}
	return a, func() { h.s.hangUp(a, cfg) }, nil
}
