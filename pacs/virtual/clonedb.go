package virtual

import (
	"context"
	"fmt"

	"conquest/db"
	"conquest/dicom"
	"conquest/oplog"
	"conquest/pacs/peers"
)

// CloneDB fills the index with what another server has, without files: patient
// by patient, as objects of virtual server 0.
func (s *Servers) CloneDB(ctx context.Context, ae string) error {
	if _, known := s.AEs.Lookup(ae); !known {
		oplog.Cloned(s.Console)
		return fmt.Errorf("clone index of %s: %w", ae, peers.ErrUnknownAE)
	}
	cfg := s.Live.Current()
	v := server{ae: ae}
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.QueryRetrieveLevel, "PATIENT")
	keys.SetString(dicom.PatientID, "")
	patients, err := s.askVirtual(ctx, cfg, nil, v, db.PatientLevel, keys)
	if err != nil {
		oplog.VirtualNoConnection(s.Console, ae)
		oplog.Cloned(s.Console)
		return fmt.Errorf("clone index of %s: %w", ae, err)
	}
	for _, p := range patients {
		id := p.String(dicom.PatientID)
		if id == "" {
			continue
		}
		oplog.Cloning(s.Console, id)
		keys := dicom.NewDataset(2)
		keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
		keys.SetString(dicom.PatientID, id)
		if err := s.enterVirtual(ctx, cfg, nil, v, keys); err != nil {
			s.Console.Event("*** index of a patient not cloned", "ae", ae, "patient", id, "error", err)
		}
	}
	oplog.Cloned(s.Console)
	return nil
}
