package db

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"conquest/db/dbase"
)

// dbaseStore is the index in dBASE III files (spec/database.md 8).
type dbaseStore struct {
	dir *dbase.Dir
	lay *layout
	opt *Options
	log Log
}

// indexUnit is how many records one unit of IndexDBF stands for.
const indexUnit = 100000

func openDBase(lay *layout, o *Options, log Log) (*dbaseStore, error) {
	dir, err := dbase.OpenDir(strings.TrimRight(o.Server, separators))
	if err != nil {
		return nil, err
	}
	s := &dbaseStore{dir: dir, lay: lay, opt: o, log: log}
	if o.PackDBF != 0 {
		err = s.pack()
	}
	if err == nil {
		err = s.reindex()
	}
	if err != nil {
		dir.Close()
		return nil, err
	}
	return s, nil
}

func (s *dbaseStore) kind() Kind           { return DBase }
func (s *dbaseStore) text(t string) string { return t }
func (s *dbaseStore) close() error         { return s.dir.Close() }

func (s *dbaseStore) pack() error {
	for _, f := range s.dir.Files() {
		if err := f.Pack(); err != nil {
			return err
		}
	}
	return nil
}

func (s *dbaseStore) reindex() error {
	for _, f := range s.dir.Files() {
		if err := s.index(f); err != nil {
			return err
		}
	}
	return nil
}

// indexed are the fields by which rows are looked for.
var indexed = []string{"PATIENTID", "STUDYPAT", "IMAGEPAT", "SERIESPAT", "STUDYINSTA", "SERIESINST", "SOPINSTANC", "ACCESSIONN", "OLDUID", "NEWUID"}

func (s *dbaseStore) index(f *dbase.File) error {
	if s.opt.IndexDBF == 0 {
		return f.Index()
	}
	var fields []int
	for _, name := range indexed {
		if i := f.Field(name); i >= 0 {
			fields = append(fields, i)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	start := time.Now()
	s.log.Operator("Creating index on field %d for %s with %d records", fields[0], f.Path(), f.Len())
	if err := f.Index(fields...); err != nil {
		return err
	}
	s.log.Operator("Index for %s finished in %d ms; total space = %d records", f.Path(), time.Since(start).Milliseconds(), s.opt.IndexDBF*indexUnit)
	return nil
}

func (s *dbaseStore) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return &SQLError{Statement: what, Err: err, lines: []string{"***" + err.Error()}}
}

var errNoTable = errors.New("no such table")

func (s *dbaseStore) file(name string) (*dbase.File, error) {
	if f := s.dir.File(name); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("%w: %s", errNoTable, name)
}

func (s *dbaseStore) query(ctx context.Context, q *selection) (rows, error) {
	scan, err := s.newScan(q)
	if err != nil {
		return nil, s.failed("SELECT FROM "+strings.Join(q.from, ", "), err)
	}
	if q.count {
		n := 0
		for range scan.matches(ctx) {
			n++
		}
		return &memoryRows{list: [][]string{{strconv.Itoa(n)}}}, s.failed("COUNT", scan.err)
	}
	if len(q.order) > 0 && q.fixed {
		return scan.sorted(ctx)
	}
	next, stop := iter.Pull(scan.distinct(ctx))
	return &scanRows{s: s, scan: scan, next: next, stop: stop}, nil
}

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
func (r *scanRows) Err() error       { return r.s.failed("SELECT", r.scan.err) }
func (r *scanRows) Close() error     { r.stop(); return nil }

// scan is a selection on the first of its tables. Columns of the others are
// taken from it when it has them, else from the parents of the row.
type scan struct {
	s     *dbaseStore
	q     *selection
	f     *dbase.File
	where []boundCondition
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
	if !equalFold(t, c.table) {
		if at, ok := s.above(f, t, c); ok {
			return at, nil
		}
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
		if i := pf.Field(c.name); i >= 0 && equalFold(parent.name, c.table) {
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
			x.s.log.Operator("Indexed query in %s took long: %d ms", x.f.Path(), time.Since(start).Milliseconds())
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

// met compares without regard to letter case; an empty field meets nothing.
func (c *boundCondition) met(r dbase.Record) bool {
	var v []byte
	width := 0
	if c.at.via == nil {
		v = r.Bytes(c.at.field)
		width = r.Width(c.at.field)
	} else {
		v = []byte(c.at.value(r))
	}
	key := func(s string) string {
		if width > 0 && len(s) > width {
			return s[:width]
		}
		return s
	}
	if len(v) == 0 {
		return c.op == opEqual && c.value == ""
	}
	switch c.op {
	case opEqual, opFoldEq:
		return equalFold(string(v), key(c.value))
	case opLike, opFoldLike:
		return wildcard(string(v), c.value)
	case opAtLeast:
		return compareFold(string(v), c.value) >= 0
	case opAtMost:
		return compareFold(string(v), c.value) <= 0
	case opIn:
		return slices.ContainsFunc(c.values, func(w string) bool { return equalFold(string(v), key(w)) })
	case opAny:
		return equalFold(string(v), key(c.value)) ||
			strings.Contains(`\`+upperASCII(string(v))+`\`, `\`+upperASCII(c.value)+`\`)
	}
	return true
}

func compareFold(a, b string) int { return strings.Compare(upperASCII(a), upperASCII(b)) }

// wildcard matches s against a key with * and ?, letter case aside.
func wildcard(s, key string) bool {
	star, mark := -1, 0
	i, k := 0, 0
	for i < len(s) {
		switch {
		case k < len(key) && key[k] == '*':
			star, mark = k, i
			k++
		case k < len(key) && (key[k] == '?' || lowerByte(key[k]) == lowerByte(s[i])):
			i++
			k++
		case star >= 0:
			mark++
			i, k = mark, star+1
		default:
			return false
		}
	}
	for k < len(key) && key[k] == '*' {
		k++
	}
	return k == len(key)
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
	for _, o := range x.q.order {
		c := o.col
		if o.text != "" {
			c = columnOf(o.text, x.q.from[0])
		}
		at, err := x.s.place(x.f, x.q.from[0], c)
		if err != nil {
			return nil, x.s.failed("ORDER BY", err)
		}
		x.cols = append(x.cols, at)
	}
	list := slices.Collect(x.distinct(ctx))
	if x.err != nil {
		return nil, x.s.failed("SELECT", x.err)
	}
	slices.SortStableFunc(list, func(a, b []string) int {
		for i, o := range x.q.order {
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

// begin: changes are made as they come; commit writes the headers.
func (s *dbaseStore) begin(context.Context, bool) (group, error) {
	return &dbaseGroup{s: s}, nil
}

type dbaseGroup struct{ s *dbaseStore }

func (g *dbaseGroup) foreign() bool { return false }
func (g *dbaseGroup) rollback()     { _ = g.commit() }

func (g *dbaseGroup) commit() error {
	for _, f := range g.s.dir.Files() {
		if err := f.Flush(); err != nil {
			return g.s.failed("COMMIT", err)
		}
	}
	return nil
}

func (g *dbaseGroup) query(ctx context.Context, q *selection) ([][]string, error) {
	return collect(g.s.query(ctx, q))
}

func (g *dbaseGroup) values(f *dbase.File, set []assign) ([]dbase.Value, error) {
	list := make([]dbase.Value, 0, len(set))
	for _, a := range set {
		i := f.Field(a.name)
		if i < 0 {
			return nil, fmt.Errorf("no such column: %s", a.name)
		}
		list = append(list, dbase.Value{Field: i, Text: fmt.Sprint(a.value)})
	}
	return list, nil
}

func (g *dbaseGroup) insert(_ context.Context, table string, set []assign) error {
	f, err := g.s.file(table)
	if err == nil {
		var v []dbase.Value
		if v, err = g.values(f, set); err == nil {
			err = f.Append(v)
		}
	}
	return g.s.failed("INSERT INTO "+table, err)
}

func (g *dbaseGroup) update(ctx context.Context, table string, set []assign, where []condition) (int64, error) {
	return g.each(ctx, table, where, func(f *dbase.File, n int) error {
		v, err := g.values(f, set)
		if err != nil {
			return err
		}
		return f.Update(n, v)
	})
}

func (g *dbaseGroup) remove(ctx context.Context, table string, where []condition) (int64, error) {
	return g.each(ctx, table, where, func(f *dbase.File, n int) error { return f.Delete(n) })
}

func (g *dbaseGroup) each(ctx context.Context, table string, where []condition, change func(*dbase.File, int) error) (int64, error) {
	x, err := g.s.newScan(&selection{from: []string{table}, where: where})
	if err != nil {
		return 0, g.s.failed("change "+table, err)
	}
	var list []int
	for n := range x.matches(ctx) {
		list = append(list, n)
	}
	if x.err != nil {
		return 0, g.s.failed("change "+table, x.err)
	}
	for _, n := range list {
		if err := change(x.f, n); err != nil {
			return 0, g.s.failed("change "+table, err)
		}
	}
	return int64(len(list)), nil
}
