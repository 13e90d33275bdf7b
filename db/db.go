package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"

	"conquest/db/mssql"
	"conquest/dicomini"
)

// DB is an open index. Its methods may be called from many goroutines.
type DB struct {
	store  store
	lay    *layout
	opt    Options
	log    Log
	set    atomic.Pointer[Settings]
	writer *writer
	known  known // of the writer
	stats  statistics
	said   saidUIDs
}

// Kind is a driver.
type Kind int

// The drivers.
const (
	Null Kind = iota
	SQLite
	DBase
	Postgres
	MySQL
	SQLServer
)

// String is the driver as the original names it at start.
func (k Kind) String() string {
	switch k {
	case SQLite:
		return "built-in SQLite driver"
	case DBase:
		return "built-in Dbase driver"
	case Postgres:
		return "native PostGres connection"
	case MySQL:
		return "native MySQL connection"
	case SQLServer:
		return "ODBC connection"
	}
	return "NULL driver (black hole)"
}

// KindOf is the driver that the options choose (docs/original/database.md 1).
func KindOf(o *Options) Kind {
	switch {
	case o.Server == "":
		return Null
	case o.SQLite:
		return SQLite
	case !mssql.IsAddress(o.Server) && strings.ContainsAny(o.Server, separators):
		return DBase
	case o.Postgres:
		return Postgres
	case o.MySQL:
		return MySQL
	}
	return SQLServer
}

const separators = "/" + string(filepath.Separator)

// ErrDoubleBackslash refuses DoubleBackSlashToDB with SQLite, as the original.
var ErrDoubleBackslash = errors.New("*** cannot use DoubleBackSlashToDB=1 with sqlite database")

// Open opens the index that opt names, making the SQLite file when it is
// missing; tables are made by [DB.Initialize] only.
func Open(ctx context.Context, schema *dicomini.Schema, opt Options, set Settings) (*DB, error) {
	d := &DB{opt: opt, lay: newLayout(schema, &opt), log: opt.Log}
	if d.log == nil {
		d.log = noLog{}
	}
	d.set.Store(&set)
	never := func(error) bool { return false }
	transient, locked := never, never
	switch k := KindOf(&opt); k {
	case Null:
		d.store = nullStore{}
	case DBase:
		s, err := openDBase(d.lay, &d.opt, d.log)
		if err != nil {
			return nil, err
		}
		d.store = s
	default:
		if k == SQLite && opt.DoubleBackslash {
			return nil, ErrDoubleBackslash
		}
		s, err := openSQL(ctx, k, &opt)
		if err != nil {
			return nil, err
		}
		d.store = s
		transient = func(err error) bool { return s.isTransient(err) || s.isDuplicate(err) }
		locked = s.isLocked
	}
	d.writer = newWriter(d.store, d.known.reset)
	d.writer.transient, d.writer.locked, d.writer.log = transient, locked, d.log
	go d.writer.loop()
	if d.Kind() == SQLite && d.fits(ctx) {
		d.ensureIndexes(ctx)
	}
	return d, nil
}

// OpenFitting opens the index with the first of the schemas whose column names
// the database has, or the very first when it has those of none: it may have no
// tables yet.
func OpenFitting(ctx context.Context, schemas []*dicomini.Schema, opt Options, set Settings) (*DB, *dicomini.Schema, error) {
	first, err := Open(ctx, schemas[0], opt, set)
	if err != nil || first.fits(ctx) {
		return first, schemas[0], err
	}
	for _, schema := range schemas[1:] {
		d, err := Open(ctx, schema, opt, set)
		if err != nil {
			return nil, nil, errors.Join(err, first.Close())
		}
		if d.fits(ctx) {
			return d, schema, first.Close()
		}
		if err := d.Close(); err != nil {
			return nil, nil, errors.Join(err, first.Close())
		}
	}
	return first, schemas[0], nil
}

// fits tells whether the database has the keys of images by the names of the
// schema. dBASE files have names of their own.
func (d *DB) fits(ctx context.Context) bool {
	if d.Kind() == DBase {
		return true
	}
	t := d.lay.image
	_, err := d.Query(ctx, t.name, t.key().name+", "+t.link().name, "1 = 0", "")
	return err == nil
}

// Close waits for running changes and closes the index.
func (d *DB) Close() error {
	d.writer.close()
	if err := d.store.close(); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}

// Kind is the driver in use.
func (d *DB) Kind() Kind { return d.store.kind() }

// UIDColumns are the columns of series and SOP instance UIDs, as cut in this
// database.
func (d *DB) UIDColumns() (series, instance string) {
	return d.lay.series.key().name, d.lay.image.key().name
}

// Type is the driver in use as the original names it at start.
func (d *DB) Type() string {
	if k := d.Kind(); k != DBase || d.opt.IndexDBF != 0 {
		return k.String()
	}
	return DBase.String() + " (indices disabled)"
}

// SetSettings replaces the changeable settings, for work that starts later.
func (d *DB) SetSettings(s Settings) { d.set.Store(&s) }

func (d *DB) settings() *Settings { return d.set.Load() }

// Location is where an object lies: a path relative to the root of a device.
type Location struct {
	File   string
	Device string
}

// Lookup finds the place of the object with this SOP instance UID and patient
// ID. The ID counts only when it is not empty and the image table has a column
// for it. A row without file or device, left by a virtual server, is not found.
func (d *DB) Lookup(ctx context.Context, sopInstanceUID, patientID string) (loc Location, found bool, err error) {
	t := d.lay.image
	q := &selection{
		columns: []colref{{t.name, "ObjectFile"}, {t.name, "DeviceName"}}, from: []string{t.name}, limit: -1,
		where: d.imageKey(sopInstanceUID, patientID),
	}
	// One row by its key: watching for the end of ctx would cost more.
	rows, err := collect(d.store.query(context.WithoutCancel(ctx), q))
	if err != nil || len(rows) == 0 || rows[0][0] == "" || rows[0][1] == "" {
		return Location{}, false, err
	}
	return Location{File: rows[0][0], Device: rows[0][1]}, true, nil
}

func (d *DB) imageKey(sopInstanceUID, patientID string) []condition {
	t := d.lay.image
	where := []condition{equals(t.name, t.key().name, strings.TrimRight(sopInstanceUID, " \x00"))}
	if id := strings.TrimRight(patientID, " \x00"); id != "" && t.pat >= 0 {
		where = append(where, equals(t.name, t.cols[t.pat].name, id))
	}
	return where
}

func isSQL(err error) bool {
	var s *SQLError
	return errors.As(err, &s)
}
