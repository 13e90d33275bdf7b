package db

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// sqlRows reads a result as text.
type sqlRows struct {
	s         *sqlStore
	r         *sql.Rows
	statement string
	dest      []any
	vals      []string
	n         int
	err       error
}

// newRows shows the first n columns of r, all when n is -1.
// verbatim keeps the blanks at the end of values.
func (s *sqlStore) newRows(r *sql.Rows, statement string, n int, verbatim bool) (rows, error) {
	cols, err := r.Columns()
	if err != nil {
		r.Close()
		return nil, s.failed(statement, err)
	}
	if n < 0 {
		n = len(cols)
	}
	x := &sqlRows{s: s, r: r, statement: statement, vals: make([]string, len(cols)), dest: make([]any, len(cols)), n: n}
	cells := make([]cell, len(cols))
	for i := range cells {
		cells[i] = cell{s, &x.vals[i], verbatim}
		x.dest[i] = &cells[i]
	}
	return x, nil
}

func (x *sqlRows) Next() bool {
	if x.err != nil || !x.r.Next() {
		return false
	}
	x.err = x.r.Scan(x.dest...)
	return x.err == nil
}

func (x *sqlRows) Values() []string { return x.vals[:x.n] }

func (x *sqlRows) Err() error {
	if x.err != nil {
		return x.s.failed(x.statement, x.err)
	}
	return x.s.failed(x.statement, x.r.Err())
}

func (x *sqlRows) Close() error { return x.r.Close() }

// cell takes one value of any type as text, without the blanks that pad it unless
// it is verbatim.
type cell struct {
	s        *sqlStore
	out      *string
	verbatim bool
}

// Scan implements sql.Scanner.
func (c *cell) Scan(v any) error {
	var t string
	switch v := v.(type) {
	case nil:
	case string:
		t = v
	case []byte:
		t = string(v)
	case int64:
		t = strconv.FormatInt(v, 10)
	case float64:
		t = c.s.d.realText(v)
	case bool:
		t = strconv.Itoa(map[bool]int{true: 1}[v])
	case time.Time:
		t = v.Format("2006-01-02 15:04:05")
	default:
		t = fmt.Sprint(v)
	}
	if c.s.decode != nil {
		t = c.s.decode(t)
	}
	if n := len(t); n > 0 && !c.verbatim && t[n-1] == ' ' {
		t = strings.TrimRight(t, " ")
	}
	*c.out = t
	return nil
}
