package server

import (
	"fmt"
	"time"

	"conquest/dicomini"
	"conquest/pacs/site"
	"conquest/proof/record"
	"conquest/proof/witness"
)

// rehearseAndRecord makes the site a rehearsal and lets it be recorded, where the
// configuration says so.
func rehearseAndRecord(cfg *dicomini.Config, s *site.Site) error {
	if to := cfg.Value("Rehearsal"); to != "" {
		s.Rehearse(to)
		s.Console.Event("*** this is a rehearsal: nothing is sent, no program runs", "to", to)
	}
	folder := cfg.Value("RecordAssociations")
	if folder == "" {
		return nil
	}
	r, err := record.New(record.Options{
		Folder: folder, Size: int64(cfg.Number("RecordSize")) << 20, Age: time.Duration(cfg.Number("RecordDays")) * 24 * time.Hour,
		Free: int64(cfg.Number("RecordFree")) << 20, Pixels: cfg.Switch("RecordPixels"), Tell: s.Console.Event,
	})
	if err != nil {
		return fmt.Errorf("RecordAssociations: %w", err)
	}
	s.Witness = witness.New(r, s)
	s.Console.Event("associations are recorded", "folder", folder)
	return nil
}
