package luasql

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// postgres has env:connect(database or connection text [, user, password, host, port]).
var postgres = product{name: "PostgreSQL", driver: "postgres", connect: func(ctx context.Context, l *glua.LState) (link, error) {
	text := lua.ArgText(l, 2)
	if !strings.Contains(text, "=") && !strings.Contains(text, "://") {
		text = "dbname=" + quoteSetting(text)
	}
	for i, key := range []string{"user", "password", "host", "port"} {
		if v := lua.OptText(l, i+3, ""); v != "" {
			text += " " + key + "=" + quoteSetting(v)
		}
	}
	config, err := pgconn.ParseConfig(text)
	if err != nil {
		return nil, err
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &postgresLink{conn}, nil
}}

func quoteSetting(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(v) + "'"
}

type postgresLink struct{ conn *pgconn.PgConn }

func (k *postgresLink) execute(ctx context.Context, statement string, most int) (t *table, n int64, err error) {
	results := k.conn.Exec(ctx, statement)
	for results.NextResult() {
		r := results.ResultReader()
		t = nil
		if fields := r.FieldDescriptions(); len(fields) > 0 {
			t = &table{most: most}
			for _, f := range fields {
				t.names, t.types = append(t.names, f.Name), append(t.types, postgresType(f.DataTypeOID, f.TypeModifier))
			}
		}
		for r.NextRow() {
			row := make([]glua.LValue, len(r.Values()))
			for i, v := range r.Values() {
				row[i] = glua.LNil
				if v != nil {
					row[i] = glua.LString(v)
				}
			}
			if err = t.add(row); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
		tag, err := r.Close()
		if err != nil {
			break // Close of all tells it
		}
		n = tag.RowsAffected()
	}
	if failed := results.Close(); failed != nil && err == nil {
		err = postgresMessage(failed)
	}
	if err != nil {
		return nil, 0, err
	}
	return t, n, nil
}

// postgresMessage is a failure as the client library of C words it.
func postgresMessage(err error) error {
	var p *pgconn.PgError
	if !errors.As(err, &p) {
		return err
	}
	return errors.New(p.Severity + ":  " + p.Message + "\n")
}

// postgresTypes are the names of the usual types.
var postgresTypes = map[uint32]string{
	16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid", 700: "float4",
	701: "float8", 1042: "bpchar", 1043: "varchar", 1082: "date", 1083: "time", 1114: "timestamp", 1184: "timestamptz", 1700: "numeric", 2950: "uuid",
}

func postgresType(oid uint32, modifier int32) string {
	name := postgresTypes[oid]
	switch {
	case name == "":
		return "unknown"
	case modifier > 4 && (oid == 1042 || oid == 1043):
		return name + " (" + strconv.Itoa(int(modifier)-4) + ")"
	}
	return name
}

func (k *postgresLink) begin() string { return "BEGIN" }

func (k *postgresLink) escape(text string) string {
	if s, err := k.conn.EscapeString(text); err == nil {
		return s
	}
	return doubled(text)
}

func (k *postgresLink) lastID() int64                  { return 0 }
func (k *postgresLink) ping(ctx context.Context) error { return k.conn.Ping(ctx) }
func (k *postgresLink) close() error                   { return k.conn.Close(context.Background()) }
