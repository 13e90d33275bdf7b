package server

import (
	"context"
	"fmt"

	"conquest/db"
	"conquest/dicom"
)

// CloneDB fills the index with what another server has, without files: patient
// by patient, as objects of virtual server 0.
func (s *Server) CloneDB(ctx context.Context, ae string) error {
	if _, known := s.aes.Lookup(ae); !known {
		s.con.Operator("clone db done")
		return fmt.Errorf("clone index of %s: %w", ae, ErrUnknownAE)
	}
	cfg := s.live.Current()
	v := virtualServer{ae: ae}
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.QueryRetrieveLevel, "PATIENT")
	keys.SetString(dicom.PatientID, "")
	patients, err := s.askVirtual(ctx, cfg, nil, v, db.PatientLevel, keys)
	if err != nil {
		s.con.Operator("*** Virtual query - failed to connect for C-FIND to %s", ae)
		s.con.Operator("clone db done")
		return fmt.Errorf("clone index of %s: %w", ae, err)
	}
	for _, p := range patients {
		id := p.String(dicom.PatientID)
		if id == "" {
			continue
		}
		s.con.Operator("cloning db for patient id=%s", id)
		keys := dicom.NewDataset(2)
		keys.SetString(dicom.QueryRetrieveLevel, "IMAGE")
		keys.SetString(dicom.PatientID, id)
		if err := s.enterVirtual(ctx, cfg, nil, v, keys); err != nil {
			s.con.Event("*** index of a patient not cloned", "ae", ae, "patient", id, "error", err)
		}
	}
	s.con.Operator("clone db done")
	return nil
}
