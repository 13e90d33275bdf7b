package sqlite

import (
	"errors"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Statement is a compiled statement.
type Statement struct {
	d    *DB
	stmt uintptr
}

// Prepare compiles the first statement of sql; rest is what follows it. A text without
// a statement gives nil.
func (d *DB) Prepare(sql string) (s *Statement, rest string, err error) {
	text, err := libc.CString(sql)
	if err != nil {
		return nil, "", err
	}
	defer libc.Xfree(d.tls, text)
	const word = unsafe.Sizeof(uintptr(0))
	out := libc.Xcalloc(d.tls, 2, libc.Tsize_t(word))
	if out == 0 {
		return nil, "", errors.New("out of memory")
	}
	defer libc.Xfree(d.tls, out)
	if rc := sqlite3.Xsqlite3_prepare_v2(d.tls, d.db, text, -1, out, out+word); rc != OK {
		return nil, "", errors.New(d.Message())
	}
	handle, tail := *(*uintptr)(at(out)), *(*uintptr)(at(out + word))
	rest = sql[min(int(tail-text), len(sql)):]
	if handle == 0 {
		return nil, rest, nil
	}
	d.statements++
	return &Statement{d: d, stmt: handle}, rest, nil
}

// DB is the database of the statement.
func (s *Statement) DB() *DB { return s.d }

// IsOpen tells that it was not finalized.
func (s *Statement) IsOpen() bool { return s.stmt != 0 }

// Step runs the statement up to its next row: [Row], [Done] or the number of a
// failure.
func (s *Statement) Step() int { return int(sqlite3.Xsqlite3_step(s.d.tls, s.stmt)) }

// Reset makes it ready to run again.
func (s *Statement) Reset() int { return int(sqlite3.Xsqlite3_reset(s.d.tls, s.stmt)) }

// Finalize ends it.
func (s *Statement) Finalize() int {
	rc := OK
	if s.stmt != 0 {
		rc = int(sqlite3.Xsqlite3_finalize(s.d.tls, s.stmt))
		s.stmt = 0
		s.d.statements--
		s.d.release()
	}
	return rc
}

// Columns is how many columns its rows have.
func (s *Statement) Columns() int { return int(sqlite3.Xsqlite3_column_count(s.d.tls, s.stmt)) }

// Name is that of column i, from 0.
func (s *Statement) Name(i int) string {
	return libc.GoString(sqlite3.Xsqlite3_column_name(s.d.tls, s.stmt, int32(i)))
}

// Declared is the type of column i in the definition of its table, "" without one.
func (s *Statement) Declared(i int) string {
	p := sqlite3.Xsqlite3_column_decltype(s.d.tls, s.stmt, int32(i))
	if p == 0 {
		return ""
	}
	return libc.GoString(p)
}

// Value is column i of the row.
func (s *Statement) Value(i int) any {
	t, n := s.d.tls, int32(i)
	switch sqlite3.Xsqlite3_column_type(t, s.stmt, n) {
	case sqlite3.SQLITE_INTEGER:
		return sqlite3.Xsqlite3_column_int64(t, s.stmt, n)
	case sqlite3.SQLITE_FLOAT:
		return sqlite3.Xsqlite3_column_double(t, s.stmt, n)
	case sqlite3.SQLITE_TEXT:
		p := sqlite3.Xsqlite3_column_text(t, s.stmt, n)
		return text(p, int(sqlite3.Xsqlite3_column_bytes(t, s.stmt, n)))
	case sqlite3.SQLITE_BLOB:
		p := sqlite3.Xsqlite3_column_blob(t, s.stmt, n)
		return Blob(text(p, int(sqlite3.Xsqlite3_column_bytes(t, s.stmt, n))))
	}
	return nil
}

func text(p uintptr, n int) string {
	if p == 0 || n <= 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(at(p)), n))
}

// Parameters is how many parameters it has.
func (s *Statement) Parameters() int {
	return int(sqlite3.Xsqlite3_bind_parameter_count(s.d.tls, s.stmt))
}

// Parameter is the name of parameter i, from 1, with the sign before it.
func (s *Statement) Parameter(i int) string {
	p := sqlite3.Xsqlite3_bind_parameter_name(s.d.tls, s.stmt, int32(i))
	if p == 0 {
		return ""
	}
	return libc.GoString(p)
}

// Bind gives parameter i, from 1, a value.
func (s *Statement) Bind(i int, v any) int {
	t, n := s.d.tls, int32(i)
	var rc int32
	switch v := v.(type) {
	case int64:
		rc = sqlite3.Xsqlite3_bind_int64(t, s.stmt, n, v)
	case float64:
		rc = sqlite3.Xsqlite3_bind_double(t, s.stmt, n, v)
	case string:
		p := s.copied(v)
		rc = sqlite3.Xsqlite3_bind_text(t, s.stmt, n, p, int32(len(v)), sqlite3.SQLITE_TRANSIENT)
		libc.Xfree(t, p)
	case Blob:
		p := s.copied(string(v))
		rc = sqlite3.Xsqlite3_bind_blob(t, s.stmt, n, p, int32(len(v)), sqlite3.SQLITE_TRANSIENT)
		libc.Xfree(t, p)
	default:
		rc = sqlite3.Xsqlite3_bind_null(t, s.stmt, n)
	}
	return int(rc)
}

// copied is v outside of Go's heap.
func (s *Statement) copied(v string) uintptr {
	p := libc.Xmalloc(s.d.tls, libc.Tsize_t(len(v)+1))
	if p != 0 && len(v) > 0 {
		copy(unsafe.Slice((*byte)(at(p)), len(v)), v)
	}
	return p
}
