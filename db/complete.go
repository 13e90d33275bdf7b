package db

import (
	"context"
	"fmt"
	"slices"
)

// Tables tells which of the tables of the index the database has and lacks, by
// name.
func (d *DB) Tables(ctx context.Context) (has, lacks []string, err error) {
	if err := d.gate(ctx); err != nil {
		return nil, nil, err
	}
	for _, c := range d.creations(true) {
		if s, ok := d.store.(*dbaseStore); ok {
			if s.dir.File(c.table) != nil {
				has = append(has, c.table)
			} else {
				lacks = append(lacks, c.table)
			}
			continue
		}
		_, err := d.raw(ctx, "SELECT * FROM "+c.table+" WHERE 1 = 0")
		switch {
		case err == nil:
			has = append(has, c.table)
		case isSQL(err):
			lacks = append(lacks, c.table)
		default:
			return nil, nil, fmt.Errorf("look for table %s: %w", c.table, err)
		}
	}
	return has, lacks, nil
}

// Complete makes the tables that are missing among others that are there: those
// of a process that ended while it made them, or that an older release did not
// have. A database that has none of the tables is left as it is. made are the
// names of the new tables.
func (d *DB) Complete(ctx context.Context) (made []string, err error) {
	has, lacks, err := d.Tables(ctx)
	if err != nil || len(has) == 0 || len(lacks) == 0 {
		return nil, err
	}
	list := slices.DeleteFunc(d.creations(true), func(c creation) bool { return !slices.Contains(lacks, c.table) })
	err = d.create(ctx, list, true)
	if n, countErr := d.count(ctx, d.lay.image); countErr == nil && n == 0 {
		d.indexAgain(ctx, has)
	}
	return lacks, err
}

// indexAgain makes the indexes of tables that may lack some; those that are there
// make it fail, which is meant.
func (d *DB) indexAgain(ctx context.Context, tables []string) {
	for _, c := range d.creations(true) {
		if !slices.Contains(tables, c.table) {
			continue
		}
		for _, text := range c.indexes {
			_, _ = d.SQL(ctx, text)
		}
	}
}
