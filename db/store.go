package db

import (
	"context"
	"fmt"
)

// store is a database behind the index.
type store interface {
	kind() Kind
	// shared tells that other servers may change the database unnoticed.
	shared() bool
	// query runs a selection outside of groups.
	query(ctx context.Context, q *selection) (rows, error)
	// raw runs a SELECT of a script.
	raw(ctx context.Context, statement string) (rows, error)
	// begin starts a group of changes, bare outside of a transaction. Only the
	// writer calls it, and ends the group before the next.
	begin(ctx context.Context, bare bool) (group, error)
	// text is s as the database will give it back.
	text(s string) string
	// unicode tells that the database takes no text but UTF-8.
	unicode() bool
	// away tells whether an error says that the database can not be reached.
	away(err error) bool
	// locked tells that another program has locked the database, transient that
	// the change may succeed when it is tried again.
	locked(err error) bool
	transient(err error) bool
	close() error
}

// group is changes that become visible together, where the database can do it.
type group interface {
	// claim keeps other servers on the database from changing what the keys,
	// sorted and each once, name until the group ends.
	claim(keys []string) error
	// foreign tells whether another process is known to have changed the
	// database since the last group.
	foreign() bool
	query(ctx context.Context, q *selection) ([][]string, error)
	insert(ctx context.Context, table string, set []assign) error
	update(ctx context.Context, table string, set []assign, where []condition) (int64, error)
	remove(ctx context.Context, table string, where []condition) (int64, error)
	// exec runs a statement of a script or of schema creation.
	exec(ctx context.Context, statement string) (rows, error)
	commit() error
	rollback()
}

// rows is the result of a query. Values are text, NULL is "".
type rows interface {
	Next() bool
	Values() []string // valid until Next
	Err() error
	Close() error
}

// SQLError is a failed statement. Its text is the error of the database; Lines
// are what the original logs for it.
type SQLError struct {
	Statement string
	Err       error
	lines     []string
}

func (e *SQLError) Error() string { return fmt.Sprintf("run %.200q: %v", e.Statement, e.Err) }

// Unwrap is the cause.
func (e *SQLError) Unwrap() error { return e.Err }

// Lines are the lines of the original's console for this failure.
func (e *SQLError) Lines() []string { return e.lines }

// collect reads all rows.
func collect(r rows, err error) ([][]string, error) {
	if err != nil {
		return nil, err
	}
	var out [][]string
	for r.Next() {
		out = append(out, append([]string(nil), r.Values()...))
	}
	if err := r.Err(); err != nil {
		r.Close()
		return nil, err
	}
	return out, r.Close()
}

// memoryRows are rows that are already known.
type memoryRows struct {
	list [][]string
	at   int
}

func (m *memoryRows) Next() bool       { m.at++; return m.at <= len(m.list) }
func (m *memoryRows) Values() []string { return m.list[m.at-1] }
func (m *memoryRows) Err() error       { return nil }
func (m *memoryRows) Close() error     { return nil }
