package luasql

import (
	"context"
	"errors"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// product is a kind of database.
type product struct {
	name, driver string // as in messages, and the function of the module
	// connect opens a database by the arguments of env:connect from 2 on.
	connect func(ctx context.Context, l *glua.LState) (link, error)
}

// link is a connection.
type link interface {
	// execute runs a statement: its rows of at most so many bytes, or nil and how many
	// it changed.
	execute(ctx context.Context, statement string, most int) (*table, int64, error)
	// begin is the statement that begins a transaction.
	begin() string
	// escape makes a text the inside of a literal.
	escape(text string) string
	lastID() int64
	ping(ctx context.Context) error
	close() error
}

// table is what a query gives. A nil value is NULL.
type table struct {
	names, types []string
	rows         [][]glua.LValue
	bytes, most  int
}

var errLarge = errors.New("the result is larger than a script may hold")

func (t *table) add(row []glua.LValue) error {
	t.rows = append(t.rows, row)
	for _, v := range row {
		t.bytes += valueSize
		if text, ok := v.(glua.LString); ok {
			t.bytes += len(text)
		}
	}
	if t.bytes > t.most {
		return errLarge
	}
	return nil
}

const valueSize = 16

var products = []product{postgres, mysql, sqlite3}

// Modules are what require finds under the names of LuaSQL.
func Modules() lua.Functions {
	m := lua.Functions{}
	for _, p := range products {
		m["luasql."+p.driver] = func(s *lua.State, l *glua.LState) int { return p.open(s, l) }
	}
	return m
}

// Names of the metatables in the registry, one of each for all products.
const (
	environmentMeta = "luasql.environment"
	connectionMeta  = "luasql.connection"
	cursorMeta      = "luasql.cursor"
)

// open adds the product to table luasql, which is the module.
func (p product) open(s *lua.State, l *glua.LState) int {
	methods(s, l, environmentMeta, "LuaSQL environment", lua.Functions{"connect": envConnect, "close": envClose})
	methods(s, l, connectionMeta, "LuaSQL connection", lua.Functions{
		"execute": connExecute, "close": connClose, "commit": connCommit, "rollback": connRollback, "setautocommit": connAutoCommit,
		"escape": connEscape, "getlastautoid": connLastID, "ping": connPing,
	})
	methods(s, l, cursorMeta, "LuaSQL cursor", lua.Functions{
		"fetch": curFetch, "close": curClose, "getcolnames": curNames, "getcoltypes": curTypes, "numrows": curRows,
	})
	t, ok := l.G.Global.RawGetString("luasql").(*glua.LTable)
	if !ok {
		t = l.NewTable()
		t.RawSetString("_VERSION", glua.LString("LuaSQL 2.6.0"))
		l.G.Global.RawSetString("luasql", t)
	}
	s.Fill(t, lua.Functions{p.driver: func(s *lua.State, l *glua.LState) int {
		l.Push(value(l, environmentMeta, &environment{product: p}))
		return 1
	}})
	l.Push(t)
	return 1
}

// methods makes the metatable of a kind of value, once in a state.
func methods(s *lua.State, l *glua.LState, name, shown string, fs lua.Functions) {
	if l.GetTypeMetatable(name) != glua.LNil {
		return
	}
	meta := l.NewTypeMetatable(name)
	meta.RawSetString("__index", s.Fill(l.NewTable(), fs))
	meta.RawSetString("__metatable", glua.LString("LuaSQL: you're not allowed to get this metatable"))
	s.Fill(meta, lua.Functions{"__tostring": func(_ *lua.State, l *glua.LState) int { return lua.GiveText(l, shown) }})
}

func value(l *glua.LState, meta string, v any) *glua.LUserData {
	return &glua.LUserData{Value: v, Metatable: l.GetTypeMetatable(meta), Env: l.Env}
}

// self is argument 1 as a T that is open.
func self[T interface{ isClosed() bool }](l *glua.LState, what string) T {
	ud, _ := l.Get(1).(*glua.LUserData)
	var v T
	if ud != nil {
		var ok bool
		if v, ok = ud.Value.(T); ok {
			if v.isClosed() {
				lua.ArgError(l, 1, "LuaSQL: "+what+" is closed")
			}
			return v
		}
	}
	lua.ArgError(l, 1, "LuaSQL: "+what+" expected")
	return v
}

// fail gives nil and the message of a failure.
func fail(l *glua.LState, text string) int {
	return lua.Give(l, glua.LNil, glua.LString("LuaSQL: "+text))
}
