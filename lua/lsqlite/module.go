package lsqlite

import (
	"context"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
	"conquest/lua/sqlite"
)

// Names of the metatables in the registry.
const (
	databaseMeta  = "lsqlite3.database"
	statementMeta = "lsqlite3.statement"
)

// codes are the numbers of module lsqlite3.
var codes = map[string]int{
	"OK": 0, "ERROR": 1, "INTERNAL": 2, "PERM": 3, "ABORT": 4, "BUSY": 5, "LOCKED": 6, "NOMEM": 7, "READONLY": 8, "INTERRUPT": 9,
	"IOERR": 10, "CORRUPT": 11, "NOTFOUND": 12, "FULL": 13, "CANTOPEN": 14, "PROTOCOL": 15, "EMPTY": 16, "SCHEMA": 17, "TOOBIG": 18,
	"CONSTRAINT": 19, "MISMATCH": 20, "MISUSE": 21, "NOLFS": 22, "FORMAT": 24, "RANGE": 25, "NOTADB": 26, "ROW": 100, "DONE": 101,
	"INTEGER": 1, "FLOAT": 2, "TEXT": 3, "BLOB": 4, "NULL": 5,
	"OPEN_READONLY": 1, "OPEN_READWRITE": 2, "OPEN_CREATE": 4, "OPEN_URI": 0x40, "OPEN_MEMORY": 0x80,
	"OPEN_NOMUTEX": 0x8000, "OPEN_FULLMUTEX": 0x10000, "OPEN_SHAREDCACHE": 0x20000, "OPEN_PRIVATECACHE": 0x40000,
}

// Modules is what require finds.
func Modules() lua.Functions { return lua.Functions{"lsqlite3": open} }

func open(s *lua.State, l *glua.LState) int {
	methods(s, l, databaseMeta, databaseMethods())
	methods(s, l, statementMeta, statementMethods())
	t := s.Fill(l.NewTable(), lua.Functions{
		"open": openFile, "open_memory": openMemory,
		"version": func(_ *lua.State, l *glua.LState) int { return lua.GiveText(l, sqlite.Version()) },
		"complete": func(_ *lua.State, l *glua.LState) int {
			return lua.Give(l, glua.LBool(sqlite.Complete(lua.ArgText(l, 1))))
		},
	})
	for name, n := range codes {
		t.RawSetString(name, glua.LNumber(n))
	}
	l.Push(t)
	return 1
}

func methods(s *lua.State, l *glua.LState, name string, fs lua.Functions) {
	meta := l.NewTypeMetatable(name)
	meta.RawSetString("__index", s.Fill(l.NewTable(), fs))
	s.Fill(meta, lua.Functions{"__tostring": func(_ *lua.State, l *glua.LState) int { return lua.GiveText(l, name) }})
}

// absent are functions that are not there.
func absent(names ...string) lua.Functions {
	fs := lua.Functions{}
	for _, name := range names {
		fs[name] = func(_ *lua.State, l *glua.LState) int {
			l.RaiseError("lsqlite3: %s is not available here", name)
			return 0
		}
	}
	return fs
}

// database is an open database of a script; the state closes it when the script does
// not.
type database struct {
	*sqlite.DB
	statements map[*statement]struct{}
}

// Close ends the database and its statements.
func (d *database) Close() error {
	for st := range d.statements {
		st.Finalize()
	}
	clear(d.statements)
	d.DB.Close()
	return nil
}

type statement struct {
	*sqlite.Statement
	d *database
}

func openFile(s *lua.State, l *glua.LState) int {
	return opened(s, l, lua.ArgText(l, 1), lua.OptInt(l, 2, sqlite.DefaultFlags))
}

func openMemory(s *lua.State, l *glua.LState) int {
	return opened(s, l, ":memory:", sqlite.DefaultFlags)
}

func opened(s *lua.State, l *glua.LState, name string, flags int) int {
	if s.Dry("open database %s", name) {
		return lua.Give(l, glua.LNil, glua.LNumber(codes["CANTOPEN"]), glua.LString("unable to open database file"))
	}
	db, err := sqlite.Open(name, flags)
	if err != nil {
		return lua.Give(l, glua.LNil, glua.LNumber(codes["CANTOPEN"]), glua.LString(err.Error()))
	}
	d := &database{DB: db, statements: map[*statement]struct{}{}}
	s.Keep(d)
	l.Push(&glua.LUserData{Value: d, Metatable: l.GetTypeMetatable(databaseMeta), Env: l.Env})
	return 1
}

func argDatabase(l *glua.LState) *database {
	if ud, ok := l.Get(1).(*glua.LUserData); ok {
		if d, ok := ud.Value.(*database); ok {
			if !d.IsOpen() {
				lua.ArgError(l, 1, "attempt to use closed sqlite database")
			}
			return d
		}
	}
	lua.WrongType(l, 1, "sqlite database")
	return nil
}

func argStatement(l *glua.LState) *statement {
	if ud, ok := l.Get(1).(*glua.LUserData); ok {
		if st, ok := ud.Value.(*statement); ok {
			if !st.IsOpen() {
				lua.ArgError(l, 1, "attempt to use closed sqlite virtual machine")
			}
			return st
		}
	}
	lua.WrongType(l, 1, "sqlite virtual machine")
	return nil
}

// during ends what SQLite does when the chunk is to end.
func during(s *lua.State, l *glua.LState, d *database) (over func()) {
	end := context.AfterFunc(s.Context(), d.Interrupt)
	return func() {
		end()
		s.CheckTime(l)
	}
}

// toLua is a value of a column.
func toLua(v any) glua.LValue {
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

// fromLua is argument n as a value of a parameter.
func fromLua(l *glua.LState, v glua.LValue, n int) any {
	switch v := v.(type) {
	case *glua.LNilType:
		return nil
	case glua.LBool:
		if v {
			return int64(1)
		}
		return int64(0)
	case glua.LNumber:
		if i := int64(v); glua.LNumber(i) == v {
			return i
		}
		return float64(v)
	case glua.LString:
		return string(v)
	}
	lua.WrongType(l, n, "nil, boolean, number or string")
	return nil
}
