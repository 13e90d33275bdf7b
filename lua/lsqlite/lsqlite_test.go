package lsqlite

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"conquest/lua"
)

func eval(t *testing.T, opt lua.Options, text string) (string, error) {
	t.Helper()
	opt.Modules, opt.Stdout = Modules(), io.Discard
	st := lua.NewEngine(opt).NewState()
	defer st.Close()
	v, err := st.Run(context.Background(), lua.Chunk{Text: "local sqlite3 = require('lsqlite3') local db = sqlite3.open_memory() " + text})
	got, _ := lua.ToText(v)
	return got, err
}

// TestBasics has results of LuaSQLite 3.
func TestBasics(t *testing.T) {
	const table = "assert(db:exec[[CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL); INSERT INTO t VALUES (1,'x',1.5); INSERT INTO t VALUES (2,NULL,2);]] == sqlite3.OK) "
	for text, want := range map[string]string{
		"return sqlite3.ROW .. sqlite3.DONE .. tostring(sqlite3.complete('SELECT 1;')) .. tostring(sqlite3.complete('SELECT'))":                                                                                                                                  "100101truefalse",
		table + "local s = '' for r in db:nrows('SELECT * FROM t') do s = s .. r.a .. tostring(r.b) .. r.c .. ';' end return s":                                                                                                                                  "1x1.5;2nil2;",
		table + "local s = '' for r in db:rows('SELECT a, b FROM t') do s = s .. #r .. tostring(r[2]) end return s":                                                                                                                                              "2x1nil",
		table + "local s = '' for a, b in db:urows('SELECT a, b FROM t') do s = s .. a .. tostring(b) end return s":                                                                                                                                              "1x2nil",
		table + "local s = '' db:exec('SELECT a, b FROM t', function(u, n, v, k) s = s .. u .. n .. v[1] .. tostring(v[2]) .. k[1] .. k[2] return 0 end, 'u') return s":                                                                                          "u21xabu22nilab",
		table + "return db:exec('SELECT a FROM t', function() return 1 end)":                                                                                                                                                                                     "4",
		"return db:exec('nonsense') .. db:errcode() .. db:errmsg()":                                                                                                                                                                                              `11near "nonsense": syntax error`,
		"local s, code = db:prepare('nonsense') return tostring(s) .. code":                                                                                                                                                                                      "nil1",
		table + "local s = db:prepare('INSERT INTO t VALUES (?, ?, ?)') s:bind_values(7, 'seven', 7.5) local rc = s:step() s:finalize() return rc .. db:last_insert_rowid() .. db:changes() .. db:total_changes()":                                               "101713",
		table + "local s = db:prepare('SELECT b FROM t WHERE a = :id AND c = $c') s:bind_names{id = 1, c = 1.5} return s:step() .. s:get_value(0) .. s:columns() .. s:get_name(0) .. s:get_type(0) .. s:step() .. s:reset()":                                     "100x1bTEXT1010",
		table + "local s = db:prepare('SELECT a FROM t WHERE a = ?') local out = '' for i = 1, 2 do s:bind(1, i) for r in s:urows() do out = out .. r end end return out .. s:bind_parameter_count()":                                                            "121",
		table + "local s = db:prepare('SELECT a, b FROM t') s:step() local v, n = s:get_values(), s:get_named_values() local a, b = s:get_uvalues() return v[1] .. n.b .. a .. b .. table.concat(s:get_names())":                                                 "1x1xab",
		"local s = db:prepare('SELECT ?1, typeof(?1)') local out = '' for _, v in ipairs{1, 1.5, 'x', true} do s:reset() s:bind(1, v) s:step() out = out .. s:get_value(0) .. s:get_value(1) end s:reset() s:bind(1, nil) s:step() return out .. s:get_value(1)": "1integer1.5realxtext1integernull",
		"local s = db:prepare('SELECT ?') s:bind_blob(1, 'a\\0b') s:step() return #s:get_value(0)":                                                                                                                                                               "3",
		"local s, rest = db:prepare('SELECT 1; SELECT 2') return rest":                                                                                                                                                                                           " SELECT 2",
		"local s = db:prepare('SELECT 1') local before = s:isopen() s:finalize() return tostring(before) .. tostring(s:isopen())":                                                                                                                                "truefalse",
		"local before = db:isopen() db:close() return tostring(before) .. tostring(db:isopen())":                                                                                                                                                                 "truefalse",
		"local ok, err = pcall(db.create_function, db) return err":                                                                                                                                                                                               "lsqlite3: create_function is not available here",
		"local d, code, text = sqlite3.open('/no/such/folder/x.db') return tostring(d) .. code .. text":                                                                                                                                                          "nil14unable to open database file",
		"db:close() local ok, err = pcall(db.exec, db, 'SELECT 1') return err":                                                                                                                                                                                   "bad argument #1 to '?' (attempt to use closed sqlite database)",
		"local s = db:prepare('SELECT 1') db:close() return tostring(s:isopen())":                                                                                                                                                                                "false",
	} {
		if got, err := eval(t, lua.Options{}, text); err != nil || got != want {
			t.Errorf("%s:\n got  %q, %v\n want %q", text, got, err, want)
		}
	}
}

func TestFile(t *testing.T) {
	path := filepath.ToSlash(filepath.Join(t.TempDir(), "x.db"))
	got, err := eval(t, lua.Options{}, "local f = sqlite3.open('"+path+"') f:exec('CREATE TABLE t (a); INSERT INTO t VALUES (5)') f:close() "+
		"for a in sqlite3.open('"+path+"', sqlite3.OPEN_READONLY):urows('SELECT a FROM t') do return a end")
	if err != nil || got != "5" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestTimeout holds that a statement ends with its chunk.
func TestTimeout(t *testing.T) {
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
	for _, text := range []string{"db:exec('" + endless + "')", "for r in db:rows('" + endless + "') do end", "db:prepare('" + endless + "'):step()"} {
		_, err := eval(t, lua.Options{Timeout: 50 * time.Millisecond}, text)
		if err == nil || !strings.Contains(err.Error(), "script ended after 50ms") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
