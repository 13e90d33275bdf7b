package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"

	"conquest/db/mssql"
	"conquest/db/mysql"
	"conquest/db/postgres"
	"conquest/db/sqlite"
)

// preparedLimit bounds the statements kept prepared for readers and writer.
const preparedLimit = 400

// sqlStore is the index in an SQL database.
type sqlStore struct {
	d           *dialect
	name        string // of the database
	read, write *sql.DB
	encode      func(string) string // text as the server takes it
	utf8        bool                // encode gives UTF-8
	decode      func(string) string // text as we take it; nil is as it is
	wrap        func(string) any    // parameter from text; nil is the text
	bare        bool                // the original leaves backslashes to the server
	isDuplicate func(error) bool
	isTransient func(error) bool
	isLocked    func(error) bool // waiting for another process was in vain
	isAway      func(error) bool // the server can not be reached
	message     func(error) string
	damaged     func() // is called when the file turns out damaged; may be nil
	closeAll    func() error

	mu       sync.RWMutex
	prepared map[string]*sql.Stmt // for readers

	conn    *sql.Conn // of the writer
	ready   map[string]*sql.Stmt
	version string // of the data, SQLite only
}

func same(s string) string { return s }

func openSQL(ctx context.Context, k Kind, o *Options) (*sqlStore, error) {
	s := &sqlStore{
		d: dialects[k], name: o.Server, encode: same, prepared: make(map[string]*sql.Stmt),
		isLocked: func(error) bool { return false }, isAway: func(error) bool { return false },
	}
	var err error
	switch k {
	case SQLite:
		var c *sqlite.Connections
		if c, err = sqlite.Open(ctx, o.Server, o.SQLiteStartup); err == nil {
			s.read, s.write, s.closeAll = c.Read, c.Write, c.Close
		}
		s.isDuplicate, s.isTransient, s.message = sqlite.IsDuplicate, sqlite.IsLocked, sqlite.Message
		s.isLocked = sqlite.IsLocked
	case Postgres:
		s.write, err = postgres.Open(ctx, o.Host, o.Username, o.Password, o.Server, o.PostgresStartup, o.Encryption)
		if err == nil && postgres.IsUnicode(ctx, s.write) {
			s.encode, s.utf8 = utf8FromLatin1, true
		}
		s.isDuplicate, s.isTransient, s.message = postgres.IsDuplicate, postgres.IsTransient, postgres.Message
		s.isAway = postgres.IsAway
	case MySQL:
		s.write, err = mysql.Open(ctx, o.Host, o.Username, o.Password, o.Server, o.MySQLStartup, o.MySQLCharset, o.Encryption)
		if o.MySQLCharset == mysql.UTF8 {
			s.encode, s.utf8 = utf8FromLatin1, true
		}
		s.isDuplicate, s.isTransient, s.message = mysql.IsDuplicate, mysql.IsTransient, mysql.Message
		s.isAway = mysql.IsAway
	case SQLServer:
		s.write, err = mssql.Open(ctx, o.Server, o.Host, o.Username, o.Password, o.Encryption)
		s.wrap, s.decode = mssql.Text, mssql.Bytes
		s.isDuplicate, s.isTransient, s.message = mssql.IsDuplicate, mssql.IsTransient, mssql.Message
		s.isAway = mssql.IsAway
	}
	if err != nil {
		return nil, err
	}
	s.bare = !o.DoubleBackslash && (k == MySQL || k == Postgres && o.EscapeStrings)
	if s.read == nil {
		s.read = s.write
		s.closeAll = s.write.Close
	}
	return s, nil
}

func (s *sqlStore) kind() Kind { return s.d.kind }

func (s *sqlStore) unicode() bool { return s.utf8 }

func (s *sqlStore) away(err error) bool { return s.isAway(err) }

func (s *sqlStore) locked(err error) bool { return s.isLocked(err) }

func (s *sqlStore) transient(err error) bool { return s.isTransient(err) || s.isDuplicate(err) }

func (s *sqlStore) shared() bool { return s.d.kind != SQLite }

func (s *sqlStore) text(t string) string { return s.encode(t) }

func (s *sqlStore) close() error {
	s.mu.Lock()
	for _, st := range s.prepared {
		st.Close()
	}
	s.prepared = nil
	s.mu.Unlock()
	s.dropConn()
	if err := s.closeAll(); err != nil && !s.isAway(err) {
		return err
	}
	return nil
}

func (s *sqlStore) statement() *statement {
	st := s.d.statement(s.encode)
	st.wrap, st.bare = s.wrap, s.bare
	return st
}

// failed makes the error of a statement, with the lines of the original.
func (s *sqlStore) failed(statement string, err error) error {
	if err == nil {
		return nil
	}
	if s.damaged != nil && sqlite.IsDamaged(err) {
		s.damaged()
	}
	m := s.message(err)
	var first string
	switch s.d.kind {
	case SQLite:
		first = "***SQLITEExec error: " + m
	case MySQL:
		first = "***MySQL Error message: " + m
	default:
		first = "*** " + m
	}
	return &SQLError{Statement: statement, Err: err, lines: []string{first, "***Failed " + s.d.failure + " : " + statement}}
}

func (s *sqlStore) query(ctx context.Context, q *selection) (rows, error) {
	st := s.statement()
	st.sel(q)
	text := st.String()
	r, err := s.readRows(ctx, text, st)
	if err != nil {
		return nil, s.failed(text, err)
	}
	n := len(q.columns)
	switch {
	case q.count:
		n = 1
	case q.grouped:
		n++
	}
	return s.newRows(r, text, n, false)
}

func (s *sqlStore) readRows(ctx context.Context, text string, st *statement) (*sql.Rows, error) {
	if st.ready {
		if p := s.prepare(ctx, text); p != nil {
			return p.QueryContext(ctx, st.args...)
		}
	}
	return s.read.QueryContext(ctx, text, st.args...)
}

// prepare returns the prepared form of text, nil when it can not be kept.
func (s *sqlStore) prepare(ctx context.Context, text string) *sql.Stmt {
	s.mu.RLock()
	p, n := s.prepared[text], len(s.prepared)
	s.mu.RUnlock()
	if p != nil || n >= preparedLimit {
		return p
	}
	p, err := s.read.PrepareContext(ctx, text)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prepared == nil {
		p.Close()
		return nil
	}
	if other := s.prepared[text]; other != nil {
		p.Close()
		return other
	}
	s.prepared[text] = p
	return p
}

func (s *sqlStore) raw(ctx context.Context, text string) (rows, error) {
	text = s.encode(text)
	r, err := s.read.QueryContext(ctx, text)
	if err != nil {
		return nil, s.failed(text, err)
	}
	return s.newRows(r, text, -1, true)
}

// begin pins the writer's connection and opens a transaction on it. A
// connection that was lost meanwhile is replaced.
func (s *sqlStore) begin(ctx context.Context, bare bool) (group, error) {
	text := s.d.begin
	if bare {
		text = "SELECT 1"
	}
	var err error
	for range 2 {
		if err = s.connect(ctx); err != nil {
			continue
		}
		if _, err = s.exec(ctx, text); err == nil {
			return &sqlGroup{s: s, bare: bare}, nil
		}
		if s.isLocked(err) {
			break
		}
		s.dropConn()
	}
	return nil, s.failed(text, err)
}

func (s *sqlStore) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	c, err := s.write.Conn(ctx)
	if err == nil {
		s.conn, s.ready = c, make(map[string]*sql.Stmt)
	}
	return err
}

func (s *sqlStore) dropConn() {
	if s.conn == nil {
		return
	}
	for _, st := range s.ready {
		st.Close()
	}
	s.conn.Close()
	s.conn, s.ready, s.version = nil, nil, ""
}

// exec runs a statement without result on the writer's connection, prepared
// when it comes often.
func (s *sqlStore) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	st, err := s.writerStatement(ctx, text)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return s.conn.ExecContext(ctx, text, args...)
	}
	return st.ExecContext(ctx, args...)
}

func (s *sqlStore) writerStatement(ctx context.Context, text string) (*sql.Stmt, error) {
	if s.d.kind != SQLite && (text == s.d.begin || text == "COMMIT" || text == "ROLLBACK") {
		return nil, nil
	}
	if st := s.ready[text]; st != nil {
		return st, nil
	}
	if len(s.ready) >= preparedLimit {
		return nil, nil
	}
	st, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s.ready[text] = st
	return st, nil
}

// sqlGroup is a transaction on the writer's connection, or none.
type sqlGroup struct {
	s      *sqlStore
	bare   bool
	claims int // locks that do not end with the transaction
}

func (g *sqlGroup) foreign() bool {
	if g.s.d.kind != SQLite {
		return false
	}
	st, err := g.s.writerStatement(context.Background(), "PRAGMA data_version")
	if err != nil || st == nil {
		return true
	}
	var v string
	if err := st.QueryRow().Scan(&v); err != nil {
		return true
	}
	changed := v != g.s.version
	g.s.version = v
	return changed
}

func (g *sqlGroup) query(ctx context.Context, q *selection) ([][]string, error) {
	st := g.s.statement()
	st.sel(q)
	text := st.String()
	p, err := g.s.writerStatement(ctx, text)
	if err != nil {
		return nil, g.s.failed(text, err)
	}
	var r *sql.Rows
	if p == nil {
		r, err = g.s.conn.QueryContext(ctx, text, st.args...)
	} else {
		r, err = p.QueryContext(ctx, st.args...)
	}
	if err != nil {
		return nil, g.s.failed(text, err)
	}
	return collect(g.s.newRows(r, text, -1, true))
}

func (g *sqlGroup) insert(ctx context.Context, table string, set []assign) error {
	st := g.s.statement()
	st.WriteString("INSERT INTO " + table + " (")
	for i, a := range set {
		st.comma(i)
		st.WriteString(a.name)
	}
	st.WriteString(") VALUES (")
	for i, a := range set {
		st.comma(i)
		st.bind(a.value)
	}
	st.WriteByte(')')
	_, err := g.s.exec(ctx, st.String(), st.args...)
	return g.s.failed(st.String(), err)
}

func (g *sqlGroup) update(ctx context.Context, table string, set []assign, where []condition) (int64, error) {
	st := g.s.statement()
	st.WriteString("UPDATE " + table + " SET ")
	for i, a := range set {
		st.comma(i)
		st.WriteString(a.name + " = ")
		st.bind(a.value)
	}
	st.conditions(where)
	return g.change(ctx, st)
}

func (g *sqlGroup) remove(ctx context.Context, table string, where []condition) (int64, error) {
	st := g.s.statement()
	st.WriteString("DELETE FROM " + table)
	st.conditions(where)
	return g.change(ctx, st)
}

func (g *sqlGroup) change(ctx context.Context, st *statement) (int64, error) {
	r, err := g.s.exec(ctx, st.String(), st.args...)
	if err != nil {
		return 0, g.s.failed(st.String(), err)
	}
	n, _ := r.RowsAffected()
	return n, nil
}

func (g *sqlGroup) exec(ctx context.Context, text string) (rows, error) {
	text = g.s.encode(text)
	r, err := g.s.conn.QueryContext(ctx, text)
	if err != nil {
		return nil, g.s.failed(text, err)
	}
	return g.s.newRows(r, text, -1, true)
}

func (g *sqlGroup) commit() error {
	if g.bare {
		return nil
	}
	_, err := g.s.exec(context.Background(), "COMMIT")
	if err == nil {
		g.release()
	}
	return g.s.failed("COMMIT", err)
}

func (g *sqlGroup) rollback() {
	if g.bare {
		return
	}
	_, err := g.s.exec(context.Background(), "ROLLBACK")
	if err != nil || errors.Is(err, driver.ErrBadConn) {
		g.s.dropConn()
		return
	}
	g.release()
}
