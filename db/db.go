package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"conquest/db/mssql"
	"conquest/dicomini"
	owned "conquest/group"
)

// DB is an open index. Its methods may be called from many goroutines.
type DB struct {
	opt     Options
	schemas []*dicomini.Schema // of which the database has one
	log     Log
	set     atomic.Pointer[Settings]
	link    link
	work    owned.Group
	quit    chan struct{} // closed by Close
	close   sync.Once
	first   sync.Mutex // held while the database is opened for the first work
	stats   statistics
	said    saidUIDs

	opened chan struct{} // closed when the fields below are set
	store  store
	schema *dicomini.Schema
	lay    *layout
	writer *writer
	known  known // of the writer
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

// Close waits for running changes and closes the index.
func (d *DB) Close() error {
	d.close.Do(func() { close(d.quit) })
	if !d.isOpen() {
		d.work.Wait()
	}
	if !d.isOpen() {
		return nil
	}
	d.writer.close()
	d.work.Wait()
	if err := d.store.close(); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}

// Kind is the driver in use.
func (d *DB) Kind() Kind { return KindOf(&d.opt) }

// UIDColumns are the columns of series and SOP instance UIDs, as cut in this
// database.
func (d *DB) UIDColumns() (series, instance string) {
	l := d.layout()
	return l.series.key().name, l.image.key().name
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
	if err := d.gate(ctx); err != nil {
		return Location{}, false, err
	}
	t := d.lay.image
	q := &selection{
		columns: []colref{{t.name, "ObjectFile"}, {t.name, "DeviceName"}}, from: []string{t.name}, limit: -1,
		where: d.imageKey(sopInstanceUID, patientID),
	}
	// One row by its key: watching for the end of ctx would cost more.
	rows, err := d.list(context.WithoutCancel(ctx), q)
	if err != nil || len(rows) == 0 || rows[0][0] == "" || rows[0][1] == "" {
		return Location{}, false, err
	}
	return Location{File: rows[0][0], Device: rows[0][1]}, true, nil
}

func (d *DB) imageKey(sopInstanceUID, patientID string) []condition {
	t := d.lay.image
	where := []condition{equals(t.name, t.key().name, fitUID(strings.TrimRight(sopInstanceUID, " \x00"), t.key().width))}
	if id := strings.TrimRight(patientID, " \x00"); id != "" && t.pat >= 0 {
		where = append(where, equals(t.name, t.cols[t.pat].name, id))
	}
	return where
}

func isSQL(err error) bool {
	var s *SQLError
	return errors.As(err, &s)
}
