// Package sqlite is SQLite by its C interface, for modules of package lua whose scripts
// see statements, steps and types as they are there. Values are nil, int64, float64,
// string (of any bytes) and [Blob].
//
// A [DB] and its statements serve one goroutine at a time, but for [DB.Interrupt].
package sqlite

import (
	"errors"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Result codes.
const (
	OK     = sqlite3.SQLITE_OK
	Error  = sqlite3.SQLITE_ERROR
	Misuse = sqlite3.SQLITE_MISUSE
	Row    = sqlite3.SQLITE_ROW
	Done   = sqlite3.SQLITE_DONE
)

// DefaultFlags open a file for reading and writing and make it when it is missing.
const DefaultFlags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE

// Blob is a value that is no text.
type Blob string

// DB is an open database.
type DB struct {
	tls        *libc.TLS
	db         uintptr
	statements int // that were not finalized
}

// at is memory of the library.
func at(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// Open opens a file, or with ":memory:" a database in memory.
func Open(name string, flags int) (*DB, error) {
	d := &DB{tls: libc.NewTLS()}
	text, err := libc.CString(name)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(d.tls, text)
	handle := libc.Xmalloc(d.tls, libc.Tsize_t(unsafe.Sizeof(uintptr(0))))
	if handle == 0 {
		return nil, errors.New("out of memory")
	}
	defer libc.Xfree(d.tls, handle)
	rc := sqlite3.Xsqlite3_open_v2(d.tls, text, handle, int32(flags), 0)
	d.db = *(*uintptr)(at(handle))
	if rc != OK {
		message := "out of memory"
		if d.db != 0 {
			message = d.Message()
		}
		d.Close()
		return nil, errors.New(message)
	}
	return d, nil
}

// Close ends the database. Statements that are left end it when they are finalized.
func (d *DB) Close() int {
	if d.tls == nil {
		return OK
	}
	rc := OK
	if d.db != 0 {
		rc = int(sqlite3.Xsqlite3_close_v2(d.tls, d.db))
		d.db = 0
	}
	d.release()
	return rc
}

// release ends what the library has for the database when nothing needs it any more.
func (d *DB) release() {
	if d.db == 0 && d.statements == 0 && d.tls != nil {
		d.tls.Close()
		d.tls = nil
	}
}

// IsOpen tells that it was not closed.
func (d *DB) IsOpen() bool { return d.db != 0 }

// Message is the text about the last failure.
func (d *DB) Message() string { return libc.GoString(sqlite3.Xsqlite3_errmsg(d.tls, d.db)) }

// Code is the number of the last failure.
func (d *DB) Code() int { return int(sqlite3.Xsqlite3_errcode(d.tls, d.db)) }

// Changes are the rows that the last statement changed.
func (d *DB) Changes() int { return int(sqlite3.Xsqlite3_changes(d.tls, d.db)) }

// TotalChanges are those of all statements.
func (d *DB) TotalChanges() int { return int(sqlite3.Xsqlite3_total_changes(d.tls, d.db)) }

// LastInsertRowID is the number of the row that was added last.
func (d *DB) LastInsertRowID() int64 { return sqlite3.Xsqlite3_last_insert_rowid(d.tls, d.db) }

// BusyTimeout is how many milliseconds a locked database is waited for.
func (d *DB) BusyTimeout(ms int) int {
	return int(sqlite3.Xsqlite3_busy_timeout(d.tls, d.db, int32(ms)))
}

// Interrupt ends the statement in progress, from any goroutine.
func (d *DB) Interrupt() {
	tls := libc.NewTLS()
	defer tls.Close()
	sqlite3.Xsqlite3_interrupt(tls, d.db)
}

// Version is that of the library.
func Version() string { return sqlite3.SQLITE_VERSION }

// Complete tells whether a text ends with a whole statement.
func Complete(sql string) bool {
	tls := libc.NewTLS()
	defer tls.Close()
	text, err := libc.CString(sql)
	if err != nil {
		return false
	}
	defer libc.Xfree(tls, text)
	return sqlite3.Xsqlite3_complete(tls, text) != 0
}
