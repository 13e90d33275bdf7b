package lsqlite

import (
	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
	"conquest/lua/sqlite"
)

func statementMethods() lua.Functions {
	of := func(f func(l *glua.LState, st *statement) int) lua.Function {
		return func(_ *lua.State, l *glua.LState) int { return f(l, argStatement(l)) }
	}
	number := func(f func(st *statement) int) lua.Function {
		return of(func(l *glua.LState, st *statement) int { return lua.GiveNumber(l, float64(f(st))) })
	}
	return lua.Functions{
		"step": stStep, "reset": number(func(st *statement) int { return st.Reset() }),
		"finalize": number((*statement).end), "isopen": stIsOpen,
		"bind": of(stBind), "bind_blob": of(stBindBlob), "bind_values": of(stBindValues), "bind_names": of(stBindNames),
		"bind_parameter_count": number(func(st *statement) int { return st.Parameters() }),
		"bind_parameter_name": of(func(l *glua.LState, st *statement) int {
			if name := st.Parameter(lua.ArgInt(l, 2)); name != "" {
				return lua.GiveText(l, name)
			}
			return lua.Give(l, glua.LNil)
		}),
		"columns": number(func(st *statement) int { return st.Columns() }),
		"get_value": of(func(l *glua.LState, st *statement) int {
			return lua.Give(l, toLua(st.Value(column(l, st))))
		}),
		"get_name":   of(func(l *glua.LState, st *statement) int { return lua.GiveText(l, st.Name(column(l, st))) }),
		"get_type":   of(func(l *glua.LState, st *statement) int { return lua.GiveText(l, st.Declared(column(l, st))) }),
		"get_names":  listOf(func(st *statement, i int) glua.LValue { return glua.LString(st.Name(i)) }),
		"get_types":  listOf(func(st *statement, i int) glua.LValue { return glua.LString(st.Declared(i)) }),
		"get_values": of(giveList), "get_named_values": of(giveNamed), "get_uvalues": of(giveValues),
		"get_unames": of(func(l *glua.LState, st *statement) int {
			for i := range st.Columns() {
				l.Push(glua.LString(st.Name(i)))
			}
			return st.Columns()
		}),
		"rows": stIterator(giveList), "nrows": stIterator(giveNamed), "urows": stIterator(giveValues),
		"last_insert_rowid": of(func(l *glua.LState, st *statement) int { return lua.GiveNumber(l, float64(st.d.LastInsertRowID())) }),
	}
}

// column is argument 2 as the number of a column, from 0.
func column(l *glua.LState, st *statement) int {
	i := lua.ArgInt(l, 2)
	if i < 0 || i >= st.Columns() {
		l.RaiseError("index out of range [0..%d]", st.Columns()-1)
	}
	return i
}

func stIsOpen(_ *lua.State, l *glua.LState) int {
	ud, _ := l.Get(1).(*glua.LUserData)
	if ud == nil {
		lua.WrongType(l, 1, "sqlite virtual machine")
	}
	st, ok := ud.Value.(*statement)
	return lua.Give(l, glua.LBool(ok && st.IsOpen()))
}

func stStep(s *lua.State, l *glua.LState) int {
	st := argStatement(l)
	over := during(s, l, st.d)
	rc := st.Step()
	over()
	return lua.GiveNumber(l, float64(rc))
}

func stBind(l *glua.LState, st *statement) int {
	return lua.GiveNumber(l, float64(st.Bind(lua.ArgInt(l, 2), fromLua(l, l.Get(3), 3))))
}

func stBindBlob(l *glua.LState, st *statement) int {
	return lua.GiveNumber(l, float64(st.Bind(lua.ArgInt(l, 2), sqlite.Blob(lua.ArgText(l, 3)))))
}

func stBindValues(l *glua.LState, st *statement) int {
	if n := l.GetTop() - 1; n != st.Parameters() {
		l.RaiseError("incorrect number of parameters to bind (%d given, %d to bind)", n, st.Parameters())
	}
	for i := 1; i <= st.Parameters(); i++ {
		if rc := st.Bind(i, fromLua(l, l.Get(i+1), i+1)); rc != sqlite.OK {
			return lua.GiveNumber(l, float64(rc))
		}
	}
	return lua.GiveNumber(l, sqlite.OK)
}

// stBindNames takes values of named parameters by name, of others by number.
func stBindNames(l *glua.LState, st *statement) int {
	t := lua.ArgTable(l, 2)
	for i := 1; i <= st.Parameters(); i++ {
		v := lua.RawAt(t, i)
		if name := st.Parameter(i); len(name) > 1 && name[0] != '?' {
			v = t.RawGetString(name[1:])
		}
		if rc := st.Bind(i, fromLua(l, v, 2)); rc != sqlite.OK {
			return lua.GiveNumber(l, float64(rc))
		}
	}
	return lua.GiveNumber(l, sqlite.OK)
}

func listOf(f func(st *statement, i int) glua.LValue) lua.Function {
	return func(_ *lua.State, l *glua.LState) int {
		st := argStatement(l)
		t := l.CreateTable(st.Columns(), 0)
		for i := range st.Columns() {
			t.RawSetInt(i+1, f(st, i))
		}
		return lua.Give(l, t)
	}
}

// The row of a statement as a table by number, by name, or as results.

func giveList(l *glua.LState, st *statement) int {
	t := l.CreateTable(st.Columns(), 0)
	for i := range st.Columns() {
		t.RawSetInt(i+1, toLua(st.Value(i)))
	}
	return lua.Give(l, t)
}

func giveNamed(l *glua.LState, st *statement) int {
	t := l.CreateTable(0, st.Columns())
	for i := range st.Columns() {
		t.RawSetString(st.Name(i), toLua(st.Value(i)))
	}
	return lua.Give(l, t)
}

func giveValues(l *glua.LState, st *statement) int {
	for i := range st.Columns() {
		l.Push(toLua(st.Value(i)))
	}
	return st.Columns()
}

// stIterator makes rows, nrows and urows of statements, which may run again after.
func stIterator(row func(l *glua.LState, st *statement) int) lua.Function {
	return func(s *lua.State, l *glua.LState) int {
		st := argStatement(l)
		l.Push(s.Bind(func(s *lua.State, l *glua.LState) int {
			if !st.IsOpen() {
				l.RaiseError("attempt to use closed sqlite virtual machine")
			}
			over := during(s, l, st.d)
			rc := st.Step()
			over()
			switch rc {
			case sqlite.Row:
				return row(l, st)
			case sqlite.Done:
				st.Reset()
				return lua.Give(l, glua.LNil)
			}
			l.RaiseError("%s", st.d.Message())
			return 0
		}))
		return 1
	}
}
