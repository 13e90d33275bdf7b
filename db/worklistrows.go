package db

import (
	"context"

	"conquest/dicom"
)

// WorklistOf gives the worklist rows of a patient, the columns that have a value.
func (d *DB) WorklistOf(ctx context.Context, patientID string) (rows [][]Field, err error) {
	if err := d.gate(ctx); err != nil {
		return nil, err
	}
	t := d.layout().worklist
	id := t.find(dicom.PatientID)
	if id == nil {
		return nil, nil
	}
	var columns []colref
	for i := range t.cols {
		columns = append(columns, colref{t.name, t.cols[i].name})
	}
	list, err := d.list(ctx, &selection{columns: columns, from: []string{t.name}, where: []condition{equals(t.name, id.name, patientID)}, limit: -1})
	if err != nil {
		return nil, err
	}
	for _, values := range list {
		var row []Field
		for i, v := range values {
			if v != "" {
				row = append(row, Field{t.cols[i].name, v})
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// RestoreWorklist inserts a worklist row as [DB.WorklistOf] gave it, unless the same
// is there.
func (d *DB) RestoreWorklist(ctx context.Context, row []Field) error {
	t := d.layout().worklist
	var set []assign
	var same []condition
	for _, f := range row {
		if t.named(f.Column) != nil {
			set, same = append(set, assign{f.Column, f.Value}), append(same, equals(t.name, f.Column, f.Value))
		}
	}
	if len(set) == 0 {
		return nil
	}
	return d.change(ctx, grouped, nil, func(g group) error {
		n, err := g.query(context.Background(), &selection{count: true, from: []string{t.name}, where: same, limit: -1})
		if err != nil || len(n) > 0 && n[0][0] != "0" {
			return err
		}
		return g.insert(context.Background(), t.name, set)
	})
}
