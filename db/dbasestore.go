package db

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"conquest/db/dbase"
	"conquest/oplog"
)

// dbaseStore is the index in dBASE III files (docs/original/database.md 8).
type dbaseStore struct {
	dir *dbase.Dir
	lay *layout
	opt *Options
	log Log
}

// indexUnit is how many records one unit of IndexDBF stands for.
const indexUnit = 10000

func openDBase(lay *layout, o *Options, log Log) (*dbaseStore, error) {
	dir, err := dbase.OpenDir(filepath.Clean(o.Server))
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
func (s *dbaseStore) shared() bool         { return false }
func (s *dbaseStore) text(t string) string { return t }
func (s *dbaseStore) unicode() bool        { return false }
func (s *dbaseStore) away(error) bool      { return false }
func (s *dbaseStore) locked(error) bool    { return false }
func (s *dbaseStore) transient(error) bool { return false }
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
	if equalFold(filepath.Base(f.Path()), s.lay.worklist.name+".dbf") {
		fields = append(fields, f.Field("ACCESSIONN"))
	}
	for _, name := range indexed {
		if i := f.Field(name); i >= 0 && !slices.Contains(fields, i) {
			fields = append(fields, i)
		}
	}
	if len(fields) == 0 || fields[0] < 0 {
		return f.Index()
	}
	start := time.Now()
	oplog.DBaseIndexing(s.log, fields[0], f.Path(), f.Len())
	if err := f.Index(fields...); err != nil {
		return err
	}
	oplog.DBaseIndexed(s.log, f.Path(), time.Since(start).Milliseconds(), s.opt.IndexDBF*indexUnit+f.Len())
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

// begin: changes are made as they come; commit writes the headers.
func (s *dbaseStore) begin(context.Context, bool) (group, error) {
	return &dbaseGroup{s: s}, nil
}

type dbaseGroup struct{ s *dbaseStore }

func (g *dbaseGroup) claim([]string) error { return nil }
func (g *dbaseGroup) foreign() bool        { return false }
func (g *dbaseGroup) rollback()            { _ = g.commit() }

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
	return g.each(ctx, table, where, nil, g.assigning(set))
}

func (g *dbaseGroup) assigning(set []assign) func(*dbase.File, int) error {
	return func(f *dbase.File, n int) error {
		v, err := g.values(f, set)
		if err != nil {
			return err
		}
		return f.Update(n, v)
	}
}

func (g *dbaseGroup) remove(ctx context.Context, table string, where []condition) (int64, error) {
	return g.each(ctx, table, where, nil, (*dbase.File).Delete)
}

func (g *dbaseGroup) each(ctx context.Context, table string, where []condition, rest *expression, change func(*dbase.File, int) error) (int64, error) {
	x, err := g.s.newScan(&selection{from: []string{table}, where: where, filter: rest})
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
