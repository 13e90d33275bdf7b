package undo

import (
	"context"
	"fmt"

	"conquest/db"
)

// noteWorklist notes the worklist rows of the patients of refs: they go with the
// last object of their patient.
func (d *Deed) noteWorklist(ctx context.Context, refs []db.ObjectRef) error {
	if d == nil {
		return nil
	}
	seen := map[string]bool{"": true}
	for _, r := range refs {
		if seen[r.PatientID] {
			continue
		}
		seen[r.PatientID] = true
		rows, err := d.j.site.Index.WorklistOf(ctx, r.PatientID)
		if err != nil {
			return nil // a site without a worklist
		}
		for _, row := range rows {
			if err := d.write(record{Row: row}); err != nil {
				return fmt.Errorf("journal of what is deleted: %w", err)
			}
		}
	}
	return nil
}
