package db

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"conquest/dicom"
)

// Search is a query of the index for a page of rows in a total, stable order:
// patients by ID, studies from the newest to the oldest, series and objects of
// one study by number, those of several by UID.
type Search struct {
	Level  Level // patients, studies, series or objects
	Keys   []SearchKey
	Limit  int // rows at most, -1 for all
	Offset int // rows left out first
}

// SearchKey is what rows must have in a column. What is set must hold, all of
// it. Values are bytes as the index has them.
type SearchKey struct {
	Tag      dicom.Tag
	OneOf    []string // the value is one of these
	Like     []string // it matches one of these patterns with * and ?
	Fold     bool     // Like is without regard to the case of ASCII letters
	Element  []string // one of the values of a list is one of these
	From, To string   // it is not empty and lies between these, "" is no bound
	Empty    bool     // it is empty
}

// SearchRow is one row of a search.
type SearchRow struct {
	// Elements are all columns of the level and of those above it, empty ones
	// too. Text is as the index has it.
	*dicom.Dataset
	Location // of an object; empty at other levels
}

// Searchable tells whether the index has a column for a key at a level or above.
func (d *DB) Searchable(level Level, tag dicom.Tag) bool {
	_, c := d.searched(level, tag)
	return c != nil
}

// searched finds the column of a tag, at the level first.
func (d *DB) searched(level Level, tag dicom.Tag) (*table, *column) {
	l := d.layout()
	levels := []*table{l.patient, l.study, l.series, l.image}[:level+1]
	for _, t := range slices.Backward(levels) {
		if c := t.find(tag); c != nil {
			return t, c
		}
	}
	return nil, nil
}

// Search finds a page of rows. A key without column is an error; see
// [DB.Searchable]. The sequence is ranged over once; until then, or until ctx
// ends, it holds a connection.
func (d *DB) Search(ctx context.Context, s Search) (iter.Seq2[SearchRow, error], error) {
	sel, cols, err := d.searchSelection(s)
	if err != nil {
		return nil, err
	}
	r, err := d.query(ctx, sel)
	if err != nil {
		return nil, err
	}
	set, unicode := d.settings(), d.Unicode()
	return func(yield func(SearchRow, error) bool) {
		defer r.Close()
		for r.Next() {
			row := searchRow(cols, r.Values(), set.UTF8FromDB && !unicode)
			if unicode {
				row.SetString(dicom.SpecificCharacterSet, unicodeLabel)
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := r.Err(); err != nil {
			yield(SearchRow{}, err)
		}
	}, nil
}

// searchRow makes the elements of a row; the columns come in order of tag, with
// file and device behind them.
func searchRow(cols []*column, values []string, utf8 bool) SearchRow {
	row := SearchRow{Dataset: dicom.NewDataset(len(cols))}
	for i, c := range cols {
		if values[i] == "" {
			row.Put(dicom.Element{Tag: c.tag, VR: dicom.CurrentDictionary().VR(c.tag)})
			continue
		}
		row.Put(c.element(values[i], utf8))
	}
	if len(values) > len(cols) {
		row.File, row.Device = values[len(cols)], values[len(cols)+1]
	}
	return row
}

// searchSelection is a search as a query of tables, with the columns in order.
func (d *DB) searchSelection(s Search) (*selection, []*column, error) {
	l := d.layout()
	levels := []*table{l.patient, l.study, l.series, l.image}[:s.Level+1]
	sel := &selection{limit: s.Limit, offset: s.Offset, fixed: true}
	type owned struct {
		*column
		t *table
	}
	var all []owned
	seen := map[dicom.Tag]bool{}
	for _, t := range slices.Backward(levels) {
		sel.from = append(sel.from, t.name)
		for i := range t.cols {
			if c := &t.cols[i]; !seen[c.tag] && c.tag != 0 {
				seen[c.tag] = true
				all = append(all, owned{c, t})
			}
		}
	}
	slices.SortFunc(all, func(a, b owned) int { return int(int64(a.tag) - int64(b.tag)) })
	cols := make([]*column, len(all))
	for i, c := range all {
		cols[i] = c.column
		sel.columns = append(sel.columns, colref{c.t.name, c.name})
	}
	if s.Level == ImageLevel {
		sel.columns = append(sel.columns, colref{l.image.name, "ObjectFile"}, colref{l.image.name, "DeviceName"})
	}
	levels = d.neededTables(levels, sel.columns, s)
	sel.from = sel.from[:len(levels)]
	for i := 1; i < len(levels); i++ {
		child, parent := levels[i], levels[i-1]
		sel.where = append(sel.where, condition{
			col: colref{child.name, child.link().name}, op: opJoin, other: colref{parent.name, child.link().name},
		})
	}
	within := false // one study or series is named
	for _, k := range s.Keys {
		t, c := d.searched(s.Level, k.Tag)
		if c == nil {
			return nil, nil, refuse(fmt.Errorf("%w: %s at level %s", ErrNoKeys, k.Tag, levelNames[s.Level]))
		}
		within = within || len(k.OneOf) == 1 && (k.Tag == dicom.StudyInstanceUID || k.Tag == dicom.SeriesInstanceUID)
		sel.where = k.conditions(sel.where, colref{t.name, c.name})
	}
	sel.order = d.searchOrder(s.Level, within)
	return sel, cols, nil
}

// neededTables leaves out the highest tables of a search that neither a column
// nor a key is of: rows need not be joined with them.
func (d *DB) neededTables(levels []*table, columns []colref, s Search) []*table {
	used := map[string]bool{levels[len(levels)-1].name: true}
	for _, c := range columns {
		used[c.table] = true
	}
	for _, k := range s.Keys {
		if t, _ := d.searched(s.Level, k.Tag); t != nil {
			used[t.name] = true
		}
	}
	for len(levels) > 1 && !used[levels[0].name] {
		levels = levels[1:]
	}
	return levels
}

// conditions appends what the key asks of a column.
func (k *SearchKey) conditions(where []condition, col colref) []condition {
	either := func(values []string, op operator) {
		if values == nil {
			return
		}
		list := make([]condition, len(values))
		for i, v := range values {
			list[i] = condition{col: col, op: op, value: v}
		}
		if len(list) == 1 {
			where = append(where, list[0])
			return
		}
		where = append(where, condition{col: col, op: opEither, either: list})
	}
	switch {
	case len(k.OneOf) == 1:
		where = append(where, condition{col: col, op: opEqual, value: k.OneOf[0]})
	case k.OneOf != nil:
		where = append(where, condition{col: col, op: opIn, values: k.OneOf})
	}
	like := opLike
	if k.Fold {
		like = opFoldLike
	}
	either(k.Like, like)
	either(k.Element, opAny)
	if k.From != "" || k.To != "" {
		// A row without value is in no range.
		where = append(where, condition{col: col, op: opAtLeast, value: max(k.From, "0")})
	}
	if k.To != "" {
		where = append(where, condition{col: col, op: opAtMost, value: k.To})
	}
	if k.Empty {
		where = append(where, condition{col: col, op: opNull})
	}
	return where
}

// searchOrder is the order of a level; the key comes last, so that it is total.
func (d *DB) searchOrder(level Level, within bool) []order {
	l := d.layout()
	t := []*table{l.patient, l.study, l.series, l.image}[level]
	key := order{col: colref{t.name, t.key().name}}
	by := func(numeric, desc bool, tags ...dicom.Tag) []order {
		var list []order
		for _, tag := range tags {
			if c := t.find(tag); c != nil {
				list = append(list, order{col: colref{t.name, c.name}, numeric: numeric, desc: desc})
			}
		}
		return append(list, key)
	}
	switch {
	case level == StudyLevel:
		key.desc = true
		return by(false, true, dicom.StudyDate, dicom.StudyTime)
	case level == SeriesLevel && within:
		return by(true, false, dicom.SeriesNumber)
	case level == ImageLevel && within:
		return by(true, false, dicom.InstanceNumber)
	}
	return []order{key}
}

// SeriesCount is a series of a study with the number of its objects.
type SeriesCount struct {
	StudyInstanceUID, SeriesInstanceUID, Modality string
	Objects                                       int
}

// CountSeries counts the objects of all series of these studies, or of these
// series where series is not nil, by one query.
func (d *DB) CountSeries(ctx context.Context, studies, series []string) ([]SeriesCount, error) {
	l := d.layout()
	modality := l.series.find(dicom.Modality)
	sel := &selection{grouped: true, limit: -1, from: []string{l.image.name, l.series.name}}
	sel.columns = []colref{{l.series.name, l.series.link().name}, {l.series.name, l.series.key().name}}
	if modality != nil {
		sel.columns = append(sel.columns, colref{l.series.name, modality.name})
	}
	sel.where = []condition{{
		col: colref{l.image.name, l.image.link().name}, op: opJoin, other: colref{l.series.name, l.image.link().name},
	}}
	if series != nil {
		sel.where = append(sel.where, condition{col: sel.columns[1], op: opIn, values: series})
	} else {
		sel.where = append(sel.where, condition{col: sel.columns[0], op: opIn, values: studies})
	}
	if d.Kind() == DBase {
		return d.countByHand(ctx, sel, modality != nil)
	}
	rows, err := d.list(ctx, sel)
	if err != nil {
		return nil, err
	}
	counts := make([]SeriesCount, 0, len(rows))
	for _, r := range rows {
		c := SeriesCount{StudyInstanceUID: r[0], SeriesInstanceUID: r[1]}
		if modality != nil {
			c.Modality = r[2]
		}
		if _, err := fmt.Sscan(r[len(r)-1], &c.Objects); err != nil {
			return nil, fmt.Errorf("count objects of series %s: %w", c.SeriesInstanceUID, err)
		}
		counts = append(counts, c)
	}
	return counts, nil
}

// countByHand counts for a driver that can not group.
func (d *DB) countByHand(ctx context.Context, sel *selection, modality bool) ([]SeriesCount, error) {
	sel.grouped = false
	r, err := d.query(ctx, sel)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var counts []SeriesCount
	at := map[string]int{}
	for r.Next() {
		v := r.Values()
		i, ok := at[v[1]]
		if !ok {
			i = len(counts)
			at[v[1]] = i
			c := SeriesCount{StudyInstanceUID: v[0], SeriesInstanceUID: v[1]}
			if modality {
				c.Modality = v[2]
			}
			counts = append(counts, c)
		}
		counts[i].Objects++
	}
	return counts, r.Err()
}
