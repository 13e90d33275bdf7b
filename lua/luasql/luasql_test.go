package luasql

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/db/testserver"
	"conquest/lua"
	"conquest/regress/rig"
)

func eval(t *testing.T, opt lua.Options, text string) (string, error) {
	t.Helper()
	opt.Modules, opt.Stdout = Modules(), io.Discard
	st := lua.NewEngine(opt).NewState()
	defer st.Close()
	v, err := st.Run(context.Background(), lua.Chunk{Text: text})
	got, _ := lua.ToText(v)
	return got, err
}

// common is what all three do alike; connect is the code that connects.
func common(t *testing.T, module, connect string, numbers bool) {
	t.Helper()
	for _, c := range []struct{ text, want string }{
		{"return con:execute('CREATE TABLE t (id INT, name VARCHAR(20))')", "0"},
		{"return con:execute([[INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, 'three')]])", "3"},
		{"return con:execute('UPDATE t SET id = id + 10 WHERE id > 1')", "2"},
		{"local cur = con:execute('SELECT id, name FROM t ORDER BY id') local s = '' local id, name = cur:fetch() while id do s = s .. type(id) .. id .. tostring(name) .. ';' id, name = cur:fetch() end return s .. tostring(cur:close())",
			"TYPE1one;TYPE12nil;TYPE13three;false"},
		{"local cur = con:execute('SELECT id, name FROM t ORDER BY id') local row = cur:fetch({}, 'a') local s = row.id .. row.name row = cur:fetch(row, 'n') s = s .. row[1] .. tostring(row[2]) return s .. tostring(cur:close()) .. tostring(cur:close())",
			"1one12niltruefalse"},
		{"local cur = con:execute('SELECT id AS a, name FROM t') return table.concat(cur:getcolnames(), ',') .. #cur:getcoltypes()", "a,name2"},
		{"local a, b = con:execute('SELECT id FROM t ORDER BY id'), con:execute('SELECT name FROM t ORDER BY id') return a:fetch() .. b:fetch() .. a:fetch()", "1one12"},
		{"local r, err = con:execute('SELECT * FROM nosuchtable') return tostring(r) .. tostring(err:find('^LuaSQL: error executing statement. PRODUCT: ') ~= nil)", "niltrue"},
		{"return con:execute(\"INSERT INTO t VALUES (20, '\" .. con:escape(\"O'Neill\") .. \"')\") .. con:execute('SELECT name FROM t WHERE id = 20'):fetch()", "1O'Neill"},
		{"con:setautocommit(false) con:execute('DELETE FROM t') con:rollback() local n = con:execute('SELECT count(*) FROM t'):fetch() con:execute('DELETE FROM t WHERE id = 20') con:commit() con:rollback() con:setautocommit(true) return n .. ' ' .. con:execute('SELECT count(*) FROM t'):fetch()", "4 3"},
		{"return tostring(con) .. tostring(env)", "LuaSQL connectionLuaSQL environment"},
		{"local cur = con:execute('SELECT 1') local s = tostring(con:close()) cur:close() return s .. tostring(env:close()) .. tostring(con:close()) .. tostring(env:close()) .. tostring(con:close())", "falsefalsetruetruefalse"},
		{"con:close() local ok, err = pcall(con.execute, con, 'x') return err", "bad argument #1 to '?' (LuaSQL: connection is closed)"},
		{"return con:execute('DROP TABLE t') and 'dropped'", "dropped"},
	} {
		want := strings.ReplaceAll(c.want, "TYPE", map[bool]string{true: "number", false: "string"}[numbers])
		text := strings.ReplaceAll(c.text, "PRODUCT", map[string]string{"sqlite3": "SQLite", "postgres": "PostgreSQL", "mysql": "MySQL"}[module])
		got, err := eval(t, lua.Options{}, "local luasql = require('luasql."+module+"') local env = assert(luasql."+module+"()) local con = assert("+connect+") "+text)
		if err != nil || got != want {
			t.Errorf("%s:\n got  %q, %v\n want %q", text, got, err, want)
		}
	}
}

func TestSQLite(t *testing.T) {
	path := filepath.ToSlash(filepath.Join(t.TempDir(), "x.db"))
	common(t, "sqlite3", "env:connect('"+path+"', 1000)", true)
	got, err := eval(t, lua.Options{}, "local c, err = require('luasql.sqlite3').sqlite3():connect('/no/such/folder/x') return tostring(c) .. err")
	if want := "nilLuaSQL: error connecting to database. SQLite: unable to open database file"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

// TestServers runs the same on PostgreSQL and MariaDB.
func TestServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	for module, start := range map[string]func() (*testserver.Server, error){"postgres": testserver.StartPostgres, "mysql": testserver.StartMariaDB} {
		t.Run(module, func(t *testing.T) {
			server, err := start()
			if err != nil {
				rig.Missing(t, err)
			}
			defer server.Stop()
			name, err := server.NewDatabase()
			if err != nil {
				t.Fatal(err)
			}
			host, port, err := net.SplitHostPort(server.Addr)
			if err != nil {
				t.Fatal(err)
			}
			common(t, module, fmt.Sprintf("env:connect('%s', '%s', '', '%s', %s)", name, server.User, host, port), false)
		})
	}
}

// TestNoServer holds that servers that are not there are told, and end with the chunk.
func TestNoServer(t *testing.T) {
	for module, name := range map[string]string{"postgres": "PostgreSQL", "mysql": "MySQL"} {
		got, err := eval(t, lua.Options{}, "local c, err = require('luasql."+module+"')."+module+"():connect('x', 'me', 'secret', '127.0.0.1', 1) return tostring(c) .. err")
		if err != nil || !strings.HasPrefix(got, "nilLuaSQL: error connecting to database. "+name+": ") || !strings.Contains(got, "refused") {
			t.Errorf("%s: %q, %v", module, got, err)
		}
	}
}

// TestBounds holds that results count and that statements end with their chunk.
func TestBounds(t *testing.T) {
	const con = "local con = require('luasql.sqlite3').sqlite3():connect(':memory:') "
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
	got, err := eval(t, lua.Options{Memory: 8 << 20}, con+"local c, err = con:execute('"+endless+"i FROM n') return tostring(c) .. err")
	if err != nil || got != "nilLuaSQL: error executing statement. SQLite: the result is larger than a script may hold" {
		t.Errorf("%q, %v", got, err)
	}
	_, err = eval(t, lua.Options{Timeout: 50 * time.Millisecond}, con+"return con:execute('"+endless+"count(*) FROM n')")
	if err == nil || !strings.Contains(err.Error(), "script ended after 50ms") {
		t.Errorf("error %v", err)
	}
}
