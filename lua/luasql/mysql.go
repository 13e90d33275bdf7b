package luasql

import (
	"context"
	"database/sql"
	"net"
	"strings"

	driver "github.com/go-sql-driver/mysql"
	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// mysql has env:connect(database [, user, password, host, port, socket]).
var mysql = product{name: "MySQL", driver: "mysql", connect: func(ctx context.Context, l *glua.LState) (link, error) {
	c := driver.NewConfig()
	c.DBName, c.User, c.Passwd = lua.ArgText(l, 2), lua.OptText(l, 3, ""), lua.OptText(l, 4, "")
	c.Net, c.Addr = "tcp", net.JoinHostPort(lua.OptText(l, 5, "localhost"), lua.OptText(l, 6, "3306"))
	if path := lua.OptText(l, 7, ""); path != "" {
		c.Net, c.Addr = "unix", path
	}
	c.MultiStatements, c.AllowNativePasswords = false, true
	open, err := driver.NewConnector(c)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(open)
	conn, err := db.Conn(ctx)
	if err != nil {
		_ = db.Close() // has no connection
		return nil, err
	}
	return &mysqlLink{db: db, conn: conn}, nil
}}

type mysqlLink struct {
	db   *sql.DB
	conn *sql.Conn
	id   int64
}

// hasRows tells whether a statement is one of those that give rows.
func hasRows(statement string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(statement, " \t\r\n("), " ")
	switch strings.ToUpper(strings.TrimRight(word, "\t\r\n;")) {
	case "SELECT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "CALL", "WITH", "TABLE", "VALUES", "CHECK", "ANALYZE":
		return true
	}
	return false
}

func (k *mysqlLink) execute(ctx context.Context, statement string, most int) (*table, int64, error) {
	if !hasRows(statement) {
		r, err := k.conn.ExecContext(ctx, statement)
		if err != nil {
			return nil, 0, err
		}
		if id, err := r.LastInsertId(); err == nil && id != 0 {
			k.id = id
		}
		n, err := r.RowsAffected()
		return nil, n, err
	}
	rows, err := k.conn.QueryContext(ctx, statement)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil || len(types) == 0 {
		return nil, 0, err
	}
	t := &table{most: most}
	cells := make([]any, len(types))
	for i, c := range types {
		t.names, t.types = append(t.names, c.Name()), append(t.types, strings.ToLower(c.DatabaseTypeName()))
		cells[i] = new(sql.RawBytes)
	}
	for rows.Next() {
		if err := rows.Scan(cells...); err != nil {
			return nil, 0, err
		}
		row := make([]glua.LValue, len(cells))
		for i, cell := range cells {
			row[i] = glua.LNil
			if v := *cell.(*sql.RawBytes); v != nil {
				row[i] = glua.LString(v)
			}
		}
		if err := t.add(row); err != nil {
			return nil, 0, err
		}
	}
	return t, 0, rows.Err()
}

func (k *mysqlLink) begin() string { return "START TRANSACTION" }

var mysqlEscapes = strings.NewReplacer("\x00", `\0`, "\n", `\n`, "\r", `\r`, `\`, `\\`, "'", `\'`, `"`, `\"`, "\x1a", `\Z`)

func (k *mysqlLink) escape(text string) string      { return mysqlEscapes.Replace(text) }
func (k *mysqlLink) lastID() int64                  { return k.id }
func (k *mysqlLink) ping(ctx context.Context) error { return k.conn.PingContext(ctx) }

func (k *mysqlLink) close() error {
	err := k.conn.Close()
	if e := k.db.Close(); err == nil {
		err = e
	}
	return err
}
