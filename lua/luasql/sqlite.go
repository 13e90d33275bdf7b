package luasql

import (
	"context"
	"errors"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
	"conquest/lua/sqlite"
)

// sqlite3 has env:connect(file [, milliseconds that a lock is waited for]).
var sqlite3 = product{name: "SQLite", driver: "sqlite3", connect: func(_ context.Context, l *glua.LState) (link, error) {
	d, err := sqlite.Open(lua.ArgText(l, 2), sqlite.DefaultFlags)
	if err != nil {
		return nil, err
	}
	if ms := lua.OptInt(l, 3, 0); ms > 0 {
		d.BusyTimeout(ms)
	}
	return sqliteLink{d}, nil
}}

type sqliteLink struct{ d *sqlite.DB }

func (k sqliteLink) execute(ctx context.Context, statement string, most int) (t *table, n int64, err error) {
	end := context.AfterFunc(ctx, k.d.Interrupt)
	defer end()
	for strings.TrimSpace(statement) != "" {
		st, rest, err := k.d.Prepare(statement)
		if err != nil {
			return nil, 0, err
		}
		if st == nil {
			break
		}
		t, err = k.run(st, most)
		st.Finalize()
		if err != nil {
			return nil, 0, err
		}
		statement = rest
	}
	return t, int64(k.d.Changes()), nil
}

// run steps through a statement; one without columns gives no table.
func (k sqliteLink) run(st *sqlite.Statement, most int) (*table, error) {
	var t *table
	if n := st.Columns(); n > 0 {
		t = &table{most: most}
		for i := range n {
			t.names, t.types = append(t.names, st.Name(i)), append(t.types, st.Declared(i))
		}
	}
	for {
		switch st.Step() {
		case sqlite.Row:
			if t == nil {
				continue
			}
			row := make([]glua.LValue, len(t.names))
			for i := range row {
				row[i] = luaValue(st.Value(i))
			}
			if err := t.add(row); err != nil {
				return nil, err
			}
		case sqlite.Done:
			return t, nil
		default:
			return nil, errors.New(k.d.Message())
		}
	}
}

func luaValue(v any) glua.LValue {
	switch v := v.(type) {
	case int64:
		return glua.LNumber(v)
	case float64:
		return glua.LNumber(v)
	case string:
		return glua.LString(v)
	case sqlite.Blob:
		return glua.LString(v)
	}
	return glua.LNil
}

func (k sqliteLink) begin() string              { return "BEGIN" }
func (k sqliteLink) escape(text string) string  { return doubled(text) }
func (k sqliteLink) lastID() int64              { return k.d.LastInsertRowID() }
func (k sqliteLink) ping(context.Context) error { return nil }

func (k sqliteLink) close() error {
	k.d.Close()
	return nil
}
