// Package sqlite opens a SQLite index: one connection that writes and several
// that read and never wait for it.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Connections are the two pools of an open file.
type Connections struct {
	Write *sql.DB // one connection
	Read  *sql.DB
}

// How long a reader and the writer wait for another process, ms. The caller may
// have the writer wait again.
const (
	busyTimeout      = "60000"
	busyWriteTimeout = "5000"
)

// walMode fails when another process holds the file in its own mode, which then
// stays.
const walMode = "PRAGMA journal_mode = WAL"

// readers is the number of connections that may read at once.
const readers = 8

// Open opens the file at path, made when missing. startup is run on each
// connection, its errors ignored. The file is in write-ahead mode until Close,
// where the file system allows it: the original reads such a file too.
func Open(ctx context.Context, path, startup string) (*Connections, error) {
	write := sql.OpenDB(newConnector(path, startup, []string{
		"PRAGMA busy_timeout = 1000",
		walMode,
		"PRAGMA busy_timeout = " + busyWriteTimeout,
		"PRAGMA wal_autocheckpoint = 4000",
		"PRAGMA temp_store = MEMORY",
		"PRAGMA cache_size = -8192",
	}))
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		write.Close()
		return nil, fmt.Errorf("open SQLite database %s: %w", path, err)
	}
	read := sql.OpenDB(newConnector(path, startup, []string{
		"PRAGMA busy_timeout = " + busyTimeout,
		"PRAGMA temp_store = MEMORY",
		"PRAGMA cache_size = -2048",
		"PRAGMA query_only = ON",
	}))
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return &Connections{Write: write, Read: read}, nil
}

// Close closes the connections and leaves a plain file without a log beside it.
func (c *Connections) Close() error {
	err := c.Read.Close()
	// Fails while another process has the file open; the log then stays valid.
	_, _ = c.Write.Exec("PRAGMA busy_timeout = 0")
	_, _ = c.Write.Exec("PRAGMA journal_mode = DELETE")
	return errors.Join(err, c.Write.Close())
}

// Backup writes a consistent copy of the file at path to a new file, while the
// database is in use.
func Backup(ctx context.Context, path, to string) error {
	db := sql.OpenDB(newConnector(path, "", []string{"PRAGMA busy_timeout = " + busyTimeout}))
	defer db.Close()
	_, err := db.ExecContext(ctx, "VACUUM INTO ?", to)
	return err
}

type connector struct {
	path    string
	pragmas []string
	startup string
	driver  sqlitedriver.Driver
}

func newConnector(path, startup string, pragmas []string) *connector {
	return &connector{path: path, startup: startup, pragmas: pragmas}
}

func (c *connector) Driver() driver.Driver { return &c.driver }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.path)
	if err != nil {
		return nil, err
	}
	e := conn.(driver.ExecerContext)
	for _, p := range c.pragmas {
		if _, err := e.ExecContext(ctx, p, nil); err != nil && !isReadOnly(err) && !(p == walMode && IsLocked(err)) {
			conn.Close()
			return nil, fmt.Errorf("%s: %w", p, err)
		}
	}
	if c.startup != "" {
		_, _ = e.ExecContext(ctx, c.startup, nil)
	}
	return conn, nil
}

func code(err error) int {
	var e *sqlitedriver.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func isReadOnly(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_READONLY || c == sqlite3.SQLITE_CANTOPEN || c == sqlite3.SQLITE_IOERR
}

// IsDuplicate tells whether err is a violated unique key.
func IsDuplicate(err error) bool { return code(err) == sqlite3.SQLITE_CONSTRAINT }

// IsLocked tells that another process held the file too long.
func IsLocked(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_BUSY || c == sqlite3.SQLITE_LOCKED
}

var decoration = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:SQL logic error: |constraint failed: )?(.*?)(?: \(\d+\))?$`)
})

// Message is the text that the SQLite library itself gives for err.
func Message(err error) string {
	var e *sqlitedriver.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if m := decoration().FindStringSubmatch(strings.TrimSpace(e.Error())); m != nil {
		return m[1]
	}
	return e.Error()
}

// IsDamaged tells that a file is no database, or one whose pages do not fit.
func IsDamaged(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
}

// Check reads the whole file at path and tells what is wrong with it.
func Check(ctx context.Context, path string) error {
	db := sql.OpenDB(newConnector(path, "", []string{"PRAGMA busy_timeout = 1000", "PRAGMA query_only = ON"}))
	defer db.Close()
	var text string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&text); err != nil {
		return fmt.Errorf("check database file %s: %w", path, err)
	}
	if text != "ok" {
		return fmt.Errorf("database file %s: %s", path, text)
	}
	return nil
}

// Columns are the columns of all tables of the file at path, by the name of the
// table in lower case. The file is read only.
func Columns(ctx context.Context, path string) (map[string][]string, error) {
	db := sql.OpenDB(newConnector(path, "", []string{"PRAGMA busy_timeout = 1000", "PRAGMA query_only = ON"}))
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT lower(m.name), c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'")
	if err != nil {
		return nil, fmt.Errorf("columns of database file %s: %w", path, err)
	}
	defer rows.Close()
	tables := make(map[string][]string)
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, fmt.Errorf("columns of database file %s: %w", path, err)
		}
		tables[table] = append(tables[table], column)
	}
	return tables, rows.Err()
}

// header begins a database file.
const header = "SQLite format 3\x00"

// IsDatabase tells whether the file at path begins like a database.
func IsDatabase(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, len(header))
	_, err = io.ReadFull(f, b)
	return err == nil && string(b) == header
}

// Exists tells whether there is a file at path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
