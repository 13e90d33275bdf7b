package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Salvage copies from another index what objects on devices do not tell: mapped
// UIDs and the worklist, as far as it can be read. n is the number of rows; the
// error tells what could not be read.
func (d *DB) Salvage(ctx context.Context, from *DB) (n int, err error) {
	if err := d.gate(ctx); err != nil {
		return 0, err
	}
	uids := []string{"MODTime", "OldUID", "MODType", "NewUID", "Stage", "Annotation"}
	var worklist []string
	for _, c := range d.lay.worklist.cols {
		worklist = append(worklist, c.name)
	}
	for _, t := range []struct {
		name    string
		columns []string
	}{{uidTable, uids}, {d.lay.worklist.name, worklist}} {
		rows, readErr := from.readable(ctx, t.name, t.columns)
		copied := d.change(ctx, alone, nil, func(g group) error {
			for _, row := range rows {
				set := make([]assign, len(row))
				for i, v := range row {
					set[i] = assign{t.columns[i], v}
				}
				if err := g.insert(ctx, t.name, set); err != nil {
					return err
				}
			}
			return nil
		})
		if copied == nil {
			n += len(rows)
		}
		if failed := errors.Join(readErr, copied); failed != nil {
			err = errors.Join(err, fmt.Errorf("rows of %s: %w", t.name, failed))
		}
	}
	return n, err
}

// readable are the rows of a table up to the first that can not be read.
func (d *DB) readable(ctx context.Context, table string, columns []string) (list [][]string, err error) {
	if err := d.gate(ctx); err != nil {
		return nil, err
	}
	r, err := d.store.raw(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+table)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for r.Next() {
		list = append(list, append([]string(nil), r.Values()...))
	}
	return list, r.Err()
}
