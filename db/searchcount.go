package db

import (
	"context"
	"fmt"
	"strconv"

	"conquest/dicom"
)

// CountRows counts the rows of a search, without its limit and offset.
func (d *DB) CountRows(ctx context.Context, s Search) (int, error) {
	sel, _, err := d.searchSelection(s)
	if err != nil {
		return 0, err
	}
	sel.count, sel.order, sel.limit, sel.offset = true, nil, -1, 0
	rows, err := collect(d.store.query(ctx, sel))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	n, err := strconv.Atoi(rows[0][0])
	if err != nil {
		return 0, fmt.Errorf("count rows: %w", err)
	}
	return n, nil
}

// Sample finds one object of a study or series, found is false when it has none.
func (d *DB) Sample(ctx context.Context, level Level, uid string) (ref ObjectRef, found bool, err error) {
	l := d.lay
	image, series := l.image, l.series
	class := image.find(dicom.SOPClassUID)
	sel := &selection{limit: 1, from: []string{image.name, series.name}, columns: []colref{
		{series.name, series.link().name}, {series.name, series.key().name}, {image.name, image.key().name},
		{image.name, "ObjectFile"}, {image.name, "DeviceName"},
	}}
	if class != nil {
		sel.columns = append(sel.columns, colref{image.name, class.name})
	}
	of := sel.columns[1]
	if level == StudyLevel {
		of = sel.columns[0]
	}
	sel.where = []condition{
		{col: colref{image.name, image.link().name}, op: opJoin, other: colref{series.name, image.link().name}},
		{col: of, op: opEqual, value: uid},
	}
	rows, err := collect(d.store.query(ctx, sel))
	if err != nil || len(rows) == 0 {
		return ref, false, err
	}
	r := rows[0]
	ref = ObjectRef{StudyInstanceUID: r[0], SeriesInstanceUID: r[1], SOPInstanceUID: r[2], Location: Location{File: r[3], Device: r[4]}}
	if class != nil {
		ref.SOPClassUID = r[5]
	}
	return ref, true, nil
}
