package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"conquest/db/sqlite"
	"conquest/dicomini"
	"conquest/oplog"
)

// ErrNoDatabase tells that the file or folder of the database is not there.
var ErrNoDatabase = errors.New("there is no such database")

// Open opens the index that opt names, making the SQLite file when it is
// missing; tables are made by [DB.Initialize] and [DB.Complete] only.
func Open(ctx context.Context, schema *dicomini.Schema, opt Options, set Settings) (*DB, error) {
	d, _, err := OpenFitting(ctx, []*dicomini.Schema{schema}, opt, set)
	return d, err
}

// OpenFitting opens the index with the first of the schemas whose column names
// the database has, or the very first when it has those of none: it may have no
// tables yet. With opt.Wait a database that can not be reached is no error: the
// index is opened as soon as it can be, and work waits for it as long as
// opt.Patience says.
func OpenFitting(ctx context.Context, schemas []*dicomini.Schema, opt Options, set Settings) (*DB, *dicomini.Schema, error) {
	d := &DB{opt: opt, schemas: schemas, log: opt.Log, quit: make(chan struct{}), opened: make(chan struct{})}
	if d.log == nil {
		d.log = noLog{}
	}
	d.link = link{name: opt.Server, log: d.log}
	d.set.Store(&set)
	if opt.Later {
		return d, schemas[0], nil
	}
	err := d.open(ctx)
	switch {
	case err == nil:
		return d, d.schema, nil
	case !opt.Wait || errors.Is(err, ErrDoubleBackslash) || errors.As(err, new(*DamagedError)):
		return nil, nil, err
	}
	d.link.lost(err)
	d.work.Go("index connection", d.openLater)
	return d, d.schemas[0], nil
}

// Pauses between attempts to open a database.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

// openLater opens a database that can not be reached yet.
func (d *DB) openLater() {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		select {
		case <-d.quit:
			return
		case <-time.After(pause):
		}
		err := d.open(context.Background())
		if err == nil {
			d.link.found()
			return
		}
		d.link.lost(err)
	}
}

func (d *DB) open(ctx context.Context) error {
	s, err := d.connect(ctx)
	if err != nil {
		return err
	}
	d.store, d.schema, d.lay = s, d.schemas[0], newLayout(d.schemas[0], &d.opt)
	if d.Kind() != DBase {
		for _, schema := range d.schemas {
			if l := newLayout(schema, &d.opt); fits(ctx, s, l) {
				d.schema, d.lay = schema, l
				break
			}
		}
	}
	d.writer = newWriter(d.store, d.known.reset, &d.link, d.opt.Patience)
	d.work.Go("index writer", d.writer.loop)
	close(d.opened)
	if d.Kind() == SQLite && fits(ctx, s, d.lay) {
		d.ensureIndexes(ctx)
	}
	return nil
}

// connect opens the store that the options choose.
func (d *DB) connect(ctx context.Context) (store, error) {
	k := KindOf(&d.opt)
	switch k {
	case Null:
		return nullStore{}, nil
	case SQLite, DBase:
		if err := d.place(k); err != nil {
			return nil, err
		}
	}
	if k == DBase {
		return openDBase(newLayout(d.schemas[0], &d.opt), &d.opt, d.log)
	}
	if k == SQLite && d.opt.DoubleBackslash {
		return nil, ErrDoubleBackslash
	}
	o := d.opt
	if k == MySQL {
		charset, err := d.mysqlCharset(ctx)
		if err != nil {
			return nil, err
		}
		o.MySQLCharset = charset
	}
	s, err := openSQL(ctx, k, &o)
	if err != nil && k == SQLite && sqlite.IsDamaged(err) {
		return nil, &DamagedError{d.opt.Server, err}
	}
	if err == nil && k == SQLite {
		s.damaged = sync.OnceFunc(func() { oplog.FailureOf(d.log, &DamagedError{d.opt.Server, errPages}) })
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// errPages is said of a file that opens, but of which a part does not fit.
var errPages = errors.New("some of its pages do not fit")

// place looks for the file of SQLite or the folder of dBASE files where they
// must be there.
func (d *DB) place(k Kind) error {
	if !d.opt.MustExist {
		return nil
	}
	path := d.opt.Server
	if k == DBase {
		path = filepath.Clean(path)
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNoDatabase, path)
	}
	return nil
}

// fits tells whether the database has the keys of images by the names of a
// layout.
func fits(ctx context.Context, s store, l *layout) bool {
	t := l.image
	_, err := collect(s.raw(ctx, "SELECT "+t.key().name+", "+t.link().name+" FROM "+t.name+" WHERE 1 = 0"))
	return err == nil
}

// openNow opens a database that was to be opened later.
func (d *DB) openNow(ctx context.Context) error {
	d.first.Lock()
	defer d.first.Unlock()
	if d.isOpen() {
		return nil
	}
	return d.open(ctx)
}

// reached tells whether the database is open, which one that was to be opened later
// is from now on.
func (d *DB) reached() bool {
	return d.isOpen() || d.opt.Later && d.openNow(context.Background()) == nil
}

// Schema is that of [OpenFitting] in use; the first one before the database was
// reached.
func (d *DB) Schema() *dicomini.Schema {
	if d.reached() {
		return d.schema
	}
	return d.schemas[0]
}

// Opened is closed when the database has been reached.
func (d *DB) Opened() <-chan struct{} { return d.opened }

func (d *DB) layout() *layout {
	if d.reached() {
		return d.lay
	}
	return newLayout(d.schemas[0], &d.opt)
}

func (d *DB) isOpen() bool {
	select {
	case <-d.opened:
		return true
	default:
		return false
	}
}
