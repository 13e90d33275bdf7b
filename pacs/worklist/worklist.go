package worklist

import (
	"context"
	"errors"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/rules"
	"conquest/scripting"
)

// ErrNoEntry refuses an object in mode 2.
var ErrNoEntry = errors.New("no worklist entry for the accession number")

// Apply replaces values of an object by those of the worklist row with
// its accession number (WorkListMode 1 and 2). In mode 2 an object without a row
// is refused, after RejectedImageWorkListConverter0 may have asked to look once
// more.
func (s *Worklist) Apply(ctx context.Context, cfg *dicomini.Config, q rules.Request) error {
	if cfg.WorkListMode == 0 {
		return nil
	}
	found, err := s.mergeWorklist(ctx, q.Object)
	if err == nil && !found && cfg.WorkListMode == 2 {
		if s.Rules.Hook(ctx, cfg, scripting.RejectedImageWorkList, 0, q).Action == rules.Retry {
			found, err = s.mergeWorklist(ctx, q.Object)
		}
	}
	switch {
	case err != nil:
		s.Console.Event("*** worklist can not be read", "error", err)
		if cfg.WorkListMode == 2 {
			return err
		}
	case !found && cfg.WorkListMode == 2:
		oplog.WithoutWorklist(s.Console, q.Object.String(dicom.AccessionNumber))
		return ErrNoEntry
	}
	return nil
}

// mergeWorklist replaces the elements that the object has by the non-empty
// values of its worklist row.
func (s *Worklist) mergeWorklist(ctx context.Context, ds *dicom.Dataset) (found bool, err error) {
	accession := ds.String(dicom.AccessionNumber)
	if accession == "" {
		return false, nil
	}
	row, found, err := s.Index.Worklist(ctx, accession)
	if err != nil || !found {
		return false, err
	}
	for _, c := range s.Schema.WorkList.Columns {
		if c.DTType == dicomini.DTStartSequence || c.DTType == dicomini.DTEndSequence {
			continue
		}
		tag := dicom.NewTag(c.Group, c.Element)
		if v := row[c.Name]; v != "" && ds.Has(tag) {
			ds.Put(dicom.NewText(tag, dicom.CurrentDictionary().VR(tag), v))
		}
	}
	return true, nil
}
