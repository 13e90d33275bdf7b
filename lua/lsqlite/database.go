package lsqlite

import (
	"maps"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
	"conquest/lua/sqlite"
)

func databaseMethods() lua.Functions {
	number := func(f func(d *database) int64) lua.Function {
		return func(_ *lua.State, l *glua.LState) int { return lua.GiveNumber(l, float64(f(argDatabase(l)))) }
	}
	code := number(func(d *database) int64 { return int64(d.Code()) })
	message := func(_ *lua.State, l *glua.LState) int { return lua.GiveText(l, argDatabase(l).Message()) }
	fs := lua.Functions{
		"exec": dbExec, "execute": dbExec, "prepare": dbPrepare, "compile": dbPrepare,
		"rows": dbIterator(giveList), "nrows": dbIterator(giveNamed), "urows": dbIterator(giveValues),
		"close": dbClose, "close_vm": dbCloseStatements, "isopen": dbIsOpen,
		"errcode": code, "error_code": code, "errmsg": message, "error_message": message,
		"changes":           number(func(d *database) int64 { return int64(d.Changes()) }),
		"total_changes":     number(func(d *database) int64 { return int64(d.TotalChanges()) }),
		"last_insert_rowid": number((*database).LastInsertRowID),
		"busy_timeout": func(_ *lua.State, l *glua.LState) int {
			return lua.GiveNumber(l, float64(argDatabase(l).BusyTimeout(lua.ArgInt(l, 2))))
		},
		"interrupt": func(_ *lua.State, l *glua.LState) int { argDatabase(l).Interrupt(); return 0 },
	}
	maps.Copy(fs, absent("create_function", "create_aggregate", "create_collation", "trace", "progress_handler", "busy_handler",
		"update_hook", "commit_hook", "rollback_hook", "load_extension", "serialize", "deserialize"))
	return fs
}

func dbIsOpen(_ *lua.State, l *glua.LState) int {
	ud, _ := l.Get(1).(*glua.LUserData)
	if ud == nil {
		lua.WrongType(l, 1, "sqlite database")
	}
	d, ok := ud.Value.(*database)
	return lua.Give(l, glua.LBool(ok && d.IsOpen()))
}

func dbClose(s *lua.State, l *glua.LState) int {
	d := argDatabase(l)
	s.Forget(d)
	_ = d.Close() // never fails
	return lua.GiveNumber(l, sqlite.OK)
}

func dbCloseStatements(_ *lua.State, l *glua.LState) int {
	d := argDatabase(l)
	for st := range d.statements {
		st.Finalize()
	}
	clear(d.statements)
	return lua.GiveNumber(l, sqlite.OK)
}

// prepare compiles the first statement of a text.
func (d *database) prepare(text string) (st *statement, rest string, err error) {
	compiled, rest, err := d.Prepare(text)
	if err != nil || compiled == nil {
		return nil, rest, err
	}
	st = &statement{compiled, d}
	d.statements[st] = struct{}{}
	return st, rest, nil
}

func (st *statement) end() int {
	delete(st.d.statements, st)
	return st.Finalize()
}

// dbExec is exec(sql [, function [, data]]): all statements are run. The function gets
// data, the number of columns, and tables of values and names of each row; one that
// gives something but 0 ends it.
func dbExec(s *lua.State, l *glua.LState) int {
	d, text := argDatabase(l), lua.ArgText(l, 2)
	f, data := l.Get(3), l.Get(4)
	if f != glua.LNil {
		lua.ArgFunction(l, 3)
	}
	defer during(s, l, d)()
	for strings.TrimSpace(text) != "" {
		st, rest, err := d.prepare(text)
		if err != nil {
			return lua.GiveNumber(l, float64(d.Code()))
		}
		if st == nil {
			break
		}
		rc := st.runAll(l, f, data)
		st.end()
		if rc != sqlite.OK {
			return lua.GiveNumber(l, float64(rc))
		}
		text = rest
	}
	return lua.GiveNumber(l, sqlite.OK)
}

func (st *statement) runAll(l *glua.LState, f, data glua.LValue) int {
	const aborted = 4
	for {
		switch rc := st.Step(); rc {
		case sqlite.Row:
			if f == glua.LNil {
				continue
			}
			values, names := l.NewTable(), l.NewTable()
			for i := range st.Columns() {
				v := toLua(st.Value(i))
				if n, ok := v.(glua.LNumber); ok {
					v = glua.LString(lua.FormatNumber(float64(n))) // as C texts
				}
				values.RawSetInt(i+1, v)
				names.RawSetInt(i+1, glua.LString(st.Name(i)))
			}
			for _, v := range []glua.LValue{f, data, glua.LNumber(st.Columns()), values, names} {
				l.Push(v)
			}
			l.Call(4, 1)
			stop, ok := lua.ToNumber(l.Get(-1))
			l.Pop(1)
			if !ok || stop != 0 {
				return aborted
			}
		case sqlite.Done:
			return sqlite.OK
		default:
			return rc
		}
	}
}

func dbPrepare(s *lua.State, l *glua.LState) int {
	d := argDatabase(l)
	st, rest, err := d.prepare(lua.ArgText(l, 2))
	if err != nil {
		return lua.Give(l, glua.LNil, glua.LNumber(d.Code()))
	}
	if st == nil {
		return lua.Give(l, glua.LNil, glua.LNumber(sqlite.OK))
	}
	v := &glua.LUserData{Value: st, Metatable: l.GetTypeMetatable(statementMeta), Env: l.Env}
	return lua.Give(l, v, glua.LString(rest))
}

// dbIterator makes rows, nrows and urows of databases.
func dbIterator(row func(l *glua.LState, st *statement) int) lua.Function {
	return func(s *lua.State, l *glua.LState) int {
		d := argDatabase(l)
		st, _, err := d.prepare(lua.ArgText(l, 2))
		if err != nil {
			l.RaiseError("%s", err.Error())
		}
		l.Push(s.Bind(func(s *lua.State, l *glua.LState) int {
			if st == nil || !st.IsOpen() {
				return lua.Give(l, glua.LNil)
			}
			over := during(s, l, d)
			rc := st.Step()
			over()
			if rc == sqlite.Row {
				return row(l, st)
			}
			st.end()
			if rc != sqlite.Done {
				l.RaiseError("%s", d.Message())
			}
			return lua.Give(l, glua.LNil)
		}))
		return 1
	}
}
