package db

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"conquest/db/dbase"
	"conquest/oplog"
)

// scanRows reads the rows of a scan one by one.
type scanRows struct {
	s    *dbaseStore
	scan *scan
	next func() ([]string, bool)
	stop func()
	row  []string
}

func (r *scanRows) Next() bool {
	var ok bool
	r.row, ok = r.next()
	return ok
}

func (r *scanRows) Values() []string { return r.row }

func (r *scanRows) Err() error { return r.s.failed("SELECT", r.scan.err) }

func (r *scanRows) Close() error { r.stop(); return nil }

// scan is a selection on the first of its tables. Columns of the others are
// taken from it when it has them, else from the parents of the row.
type scan struct {
	s     *dbaseStore
	q     *selection
	f     *dbase.File
	where []boundCondition
	also  func(dbase.Record) bool // nil when nothing else must hold
	cols  []place
	err   error
}

// place is where a column is read: a field of the row, or of the row above it
// that via names.
type place struct {
	field int
	via   *parentLink
}

// parentLink leads from a row to a row of a higher table.
type parentLink struct {
	child int // field of the row below
	f     *dbase.File
	key   int // field of f
	up    *place
}

type boundCondition struct {
	*condition
	at place
}

func (s *dbaseStore) newScan(q *selection) (*scan, error) {
	f, err := s.file(q.from[0])
	if err != nil {
		return nil, err
	}
	x := &scan{s: s, q: q, f: f}
	for i := range q.where {
		c := &q.where[i]
		if c.op == opJoin {
			continue
		}
		at, err := s.place(f, q.from[0], c.col)
		if err != nil {
			return nil, err
		}
		x.where = append(x.where, boundCondition{c, at})
	}
	if q.filter != nil {
		if x.also, err = s.bind(f, q.from[0], q.filter); err != nil {
			return nil, err
		}
	}
	for _, c := range q.columns {
		at, err := s.place(f, q.from[0], c)
		if err != nil {
			return nil, err
		}
		x.cols = append(x.cols, at)
	}
	return x, nil
}

// patientNames stand for each other when a table lacks one.
var patientNames = []string{"PatientID", "SeriesPat", "ImagePat", "StudyPat"}

func isPatientName(name string) bool {
	return slices.ContainsFunc(patientNames, func(p string) bool { return equalFold(p, name) })
}

// place finds a column for rows of table t.
func (s *dbaseStore) place(f *dbase.File, t string, c colref) (place, error) {
	if i := f.Field(c.name); i >= 0 {
		return place{field: i}, nil
	}
	if isPatientName(c.name) {
		for _, p := range patientNames {
			if i := f.Field(p); i >= 0 {
				return place{field: i}, nil
			}
		}
	}
	if at, ok := s.above(f, t, c); ok {
		return at, nil
	}
	return place{}, fmt.Errorf("no such column: %s", c)
}

// above looks for a column in the parents of table t.
func (s *dbaseStore) above(f *dbase.File, t string, c colref) (place, bool) {
	l := s.lay
	chain := []*table{l.image, l.series, l.study, l.patient}
	at := slices.IndexFunc(chain, func(x *table) bool { return equalFold(x.name, t) })
	if at < 0 {
		return place{}, false
	}
	var up *place
	for _, parent := range chain[at+1:] {
		pf := s.dir.File(parent.name)
		if pf == nil {
			return place{}, false
		}
		link := &parentLink{f: pf, key: pf.Field(parent.key().name), up: up}
		if up == nil {
			link.child = f.Field(parent.key().name)
		} else {
			link.child = up.via.f.Field(parent.key().name)
		}
		if link.child < 0 || link.key < 0 {
			return place{}, false
		}
		if i := pf.Field(c.name); i >= 0 && (equalFold(parent.name, c.table) || equalFold(t, c.table)) {
			return place{field: i, via: link}, true
		}
		up = &place{via: link}
	}
	return place{}, false
}

// value reads a column of a row.
func (p place) value(r dbase.Record) string {
	if p.via == nil {
		return r.Text(p.field)
	}
	v := ""
	p.via.row(r, func(up dbase.Record) { v = up.Text(p.field) })
	return v
}

// row finds the row above r that the link leads to.
func (l *parentLink) row(r dbase.Record, use func(dbase.Record)) {
	below := func(r dbase.Record) {
		id := r.Text(l.child)
		visit := func(_ int, up dbase.Record) bool {
			if !equalFold(up.Text(l.key), id) {
				return true
			}
			use(up)
			return false
		}
		if list, ok := l.f.Lookup(l.key, id); ok {
			_ = l.f.Visit(list, visit)
			return
		}
		_ = l.f.Scan(0, visit)
	}
	if l.up != nil {
		l.up.via.row(r, below)
		return
	}
	below(r)
}

// matches yields the rows that meet all conditions, by number.
func (x *scan) matches(ctx context.Context) iter.Seq2[int, dbase.Record] {
	return func(yield func(int, dbase.Record) bool) {
		start := time.Now()
		visit := func(n int, r dbase.Record) bool {
			if n&0xfff == 0 && ctx.Err() != nil {
				x.err = ctx.Err()
				return false
			}
			for i := range x.where {
				if !x.where[i].met(r) {
					return true
				}
			}
			if x.also != nil && !x.also(r) {
				return true
			}
			return yield(n, r)
		}
		var err error
		if list, ok := x.candidates(); ok {
			err = x.f.Visit(list, visit)
		} else {
			err = x.f.Scan(0, visit)
		}
		if err != nil {
			x.err = err
		}
		if long := x.s.opt.LongQueryDBF; long > 0 && time.Since(start) > time.Duration(long)*time.Millisecond {
			oplog.DBaseSlow(x.s.log, x.f.Path(), time.Since(start).Milliseconds())
		}
	}
}

// candidates are the rows that an index leaves, from the best condition.
func (x *scan) candidates() ([]int, bool) {
	var best []int
	found := false
	for i := range x.where {
		c := &x.where[i]
		list, ok := x.lookup(c)
		if ok && (!found || len(list) < len(best)) {
			best, found = list, true
		}
	}
	return best, found
}

func (x *scan) lookup(c *boundCondition) ([]int, bool) {
	var values []string
	switch c.op {
	case opEqual, opFoldEq:
		values = []string{c.value}
	case opIn:
		values = c.values
	default:
		return nil, false
	}
	if c.at.via != nil {
		return x.below(c, values)
	}
	return lookupAll(x.f, c.at.field, values)
}

func lookupAll(f *dbase.File, field int, values []string) ([]int, bool) {
	var all []int
	for _, v := range values {
		list, ok := f.Lookup(field, v)
		if !ok {
			return nil, false
		}
		all = append(all, list...)
	}
	slices.Sort(all)
	return slices.Compact(all), true
}

// below finds the rows under the parents that have one of values, one level up.
func (x *scan) below(c *boundCondition, values []string) ([]int, bool) {
	l := c.at.via
	if l.up != nil {
		return nil, false
	}
	parents, ok := lookupAll(l.f, c.at.field, values)
	if !ok {
		return nil, false
	}
	var ids []string
	_ = l.f.Visit(parents, func(_ int, r dbase.Record) bool {
		ids = append(ids, r.Text(l.key))
		return true
	})
	return lookupAll(x.f, l.child, ids)
}

func (x *scan) row(r dbase.Record) []string {
	row := make([]string, len(x.cols))
	for i, c := range x.cols {
		row[i] = c.value(r)
	}
	return row
}

// distinct yields the values of the rows, each combination once when asked so.
func (x *scan) distinct(ctx context.Context) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		seen := make(map[string]bool)
		for _, r := range x.matches(ctx) {
			row := x.row(r)
			if x.q.distinct {
				id := strings.Join(row, "\x00")
				if seen[id] {
					continue
				}
				seen[id] = true
			}
			if !yield(row) {
				return
			}
		}
	}
}

// sorted reads all rows and sorts them as asked; the sort columns count as
// columns, as in SQL.
func (x *scan) sorted(ctx context.Context) (rows, error) {
	n := len(x.cols)
	var terms []order
	for _, o := range x.q.order {
		c := o.col
		if o.text != "" {
			c = columnOf(o.text, x.q.from[0])
		}
		at, err := x.s.place(x.f, x.q.from[0], c)
		if err != nil && o.text != "" {
			continue // an expression; the original sorts nothing at all
		}
		if err != nil {
			return nil, x.s.failed("ORDER BY", err)
		}
		x.cols = append(x.cols, at)
		terms = append(terms, o)
	}
	list := slices.Collect(x.distinct(ctx))
	if x.err != nil {
		return nil, x.s.failed("SELECT", x.err)
	}
	slices.SortStableFunc(list, func(a, b []string) int {
		for i, o := range terms {
			c := strings.Compare(a[n+i], b[n+i])
			if o.numeric {
				c = int(dicomNumber(a[n+i]) - dicomNumber(b[n+i]))
			}
			if o.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	list = list[min(x.q.offset, len(list)):]
	if x.q.limit >= 0 {
		list = list[:min(x.q.limit, len(list))]
	}
	for i := range list {
		list[i] = list[i][:n]
	}
	return &memoryRows{list: list}, nil
}

func dicomNumber(s string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	return n
}

// columnOf reads "Table.Column" or "Column".
func columnOf(s, table string) colref {
	if t, c, ok := strings.Cut(s, "."); ok {
		return colref{strings.TrimSpace(t), strings.TrimSpace(c)}
	}
	return colref{table, strings.TrimSpace(s)}
}
