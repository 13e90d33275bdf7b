package db

import (
	"context"
	"strings"

	"conquest/dicom"
	"conquest/oplog"
)

// Query selects fields (an SQL list) of a table; where and sort may be empty.
// All values are text, NULL is "". A failure is an *[SQLError].
func (d *DB) Query(ctx context.Context, table, fields, where, sort string) ([][]string, error) {
	text := "SELECT " + fields + " FROM " + table
	if where != "" {
		text += " WHERE " + where
	}
	if sort != "" {
		text += " ORDER BY " + sort
	}
	return d.raw(ctx, text)
}

// SQL runs a statement of a script, on its own. The rows of a SELECT are
// returned, all values as text. A failure is an *[SQLError].
func (d *DB) SQL(ctx context.Context, statement string) ([][]string, error) {
	if word, _, _ := strings.Cut(strings.TrimSpace(statement), " "); equalFold(word, "SELECT") {
		return d.raw(ctx, statement)
	}
	var list [][]string
	err := d.change(ctx, bare, nil, func(g group) error {
		d.known.reset()
		var err error
		list, err = collect(g.exec(context.Background(), statement))
		return err
	})
	return list, err
}

// Field is a column with a value.
type Field struct {
	Column string
	Value  string
}

// AddWorklist inserts one worklist row; values are cut to their columns and
// quotes become underscores. Empty values are entered as such.
func (d *DB) AddWorklist(ctx context.Context, fields []Field) error {
	t := d.layout().worklist
	set := make([]assign, 0, len(fields))
	names := make([]string, len(fields))
	for i, f := range fields {
		v := strings.ReplaceAll(f.Value, "'", "_")
		if c := t.named(f.Column); c != nil {
			v, _ = cutText(v, c.width)
		}
		set = append(set, assign{f.Column, v})
		names[i] = f.Column
	}
	oplog.WorklistFields(d.log, strings.Join(names, ","))
	return d.change(ctx, grouped, nil, func(g group) error {
		return g.insert(context.Background(), t.name, set)
	})
}

// Worklist returns the first worklist row with this accession number, a value
// for each column of dicom.sql by name.
func (d *DB) Worklist(ctx context.Context, accession string) (row map[string]string, found bool, err error) {
	t := d.layout().worklist
	c := t.find(dicom.AccessionNumber)
	if c == nil {
		return nil, false, nil
	}
	q := &selection{columns: d.columns(t), from: []string{t.name}, limit: -1, where: []condition{equals(t.name, c.name, accession)}}
	rows, err := d.list(ctx, q)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	row = make(map[string]string, len(t.cols))
	for i := range t.cols {
		row[t.cols[i].name] = rows[0][i]
	}
	return row, true, nil
}

// Counts are numbers of rows.
type Counts struct {
	Patients, Studies, Series, Images int64
}

// Counts counts the rows of the four tables.
func (d *DB) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	l := d.layout()
	for t, n := range map[*table]*int64{l.patient: &c.Patients, l.study: &c.Studies, l.series: &c.Series, l.image: &c.Images} {
		v, err := d.count(ctx, t)
		if err != nil {
			return Counts{}, err
		}
		*n = v
	}
	return c, nil
}
