package luasql

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// environment is where connections come from.
type environment struct {
	product
	open   int // connections
	closed bool
}

func (e *environment) isClosed() bool { return e.closed }

// connection is an open database. The state closes it when scripts do not.
type connection struct {
	env    *environment
	link   link
	manual bool // transactions end by commit and rollback only
	open   int  // cursors
	closed bool
}

func (c *connection) isClosed() bool { return c.closed }

// Close ends the connection.
func (c *connection) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.env.open--
	return c.link.close()
}

func envConnect(s *lua.State, l *glua.LState) int {
	e := self[*environment](l, "environment")
	if s.Dry("connect to database %s", lua.ArgText(l, 2)) {
		return fail(l, "error connecting to database. "+e.name+": nothing is connected here")
	}
	k, err := e.connect(s.Context(), l)
	if err != nil {
		s.CheckTime(l)
		return fail(l, "error connecting to database. "+e.name+": "+err.Error())
	}
	c := &connection{env: e, link: k}
	e.open++
	s.Keep(c)
	l.Push(value(l, connectionMeta, c))
	return 1
}

func envClose(s *lua.State, l *glua.LState) int {
	ud, _ := l.Get(1).(*glua.LUserData)
	if ud != nil {
		if e, ok := ud.Value.(*environment); ok && (e.closed || e.open > 0) {
			return lua.Give(l, glua.LFalse)
		}
	}
	self[*environment](l, "environment").closed = true
	return lua.Give(l, glua.LTrue)
}

func connClose(s *lua.State, l *glua.LState) int {
	ud, _ := l.Get(1).(*glua.LUserData)
	if ud != nil {
		if c, ok := ud.Value.(*connection); ok && (c.closed || c.open > 0) {
			return lua.Give(l, glua.LFalse)
		}
	}
	c := self[*connection](l, "connection")
	s.Forget(c)
	_ = c.Close() // nobody asks how the connection ended
	return lua.Give(l, glua.LTrue)
}

func connExecute(s *lua.State, l *glua.LState) int {
	c := self[*connection](l, "connection")
	t, n, err := c.link.execute(s.Context(), lua.ArgText(l, 2), s.Largest())
	if err != nil {
		s.CheckTime(l)
		return fail(l, "error executing statement. "+c.env.name+": "+err.Error())
	}
	if t == nil {
		return lua.GiveNumber(l, float64(n))
	}
	s.Room(l, t.bytes)
	c.open++
	l.Push(value(l, cursorMeta, &cursor{c: c, t: t}))
	return 1
}

// command runs a statement whose result is only that it worked.
func (c *connection) command(s *lua.State, l *glua.LState, statements ...string) int {
	for _, text := range statements {
		if _, _, err := c.link.execute(s.Context(), text, s.Largest()); err != nil {
			s.CheckTime(l)
			return fail(l, "error executing statement. "+c.env.name+": "+err.Error())
		}
	}
	return lua.Give(l, glua.LTrue)
}

func connCommit(s *lua.State, l *glua.LState) int   { return endTransaction(s, l, "COMMIT") }
func connRollback(s *lua.State, l *glua.LState) int { return endTransaction(s, l, "ROLLBACK") }

func endTransaction(s *lua.State, l *glua.LState, how string) int {
	c := self[*connection](l, "connection")
	if c.manual {
		return c.command(s, l, how, c.link.begin())
	}
	if c.env.driver == sqlite3.driver {
		return lua.Give(l, glua.LTrue) // there is no transaction, which is an error to it
	}
	return c.command(s, l, how)
}

func connAutoCommit(s *lua.State, l *glua.LState) int {
	c := self[*connection](l, "connection")
	manual := !glua.LVAsBool(l.Get(2))
	if manual == c.manual {
		return lua.Give(l, glua.LTrue)
	}
	c.manual = manual
	if manual {
		return c.command(s, l, c.link.begin())
	}
	return c.command(s, l, "ROLLBACK") // as LuaSQL: what was not committed is lost
}

func connEscape(s *lua.State, l *glua.LState) int {
	return lua.GiveText(l, self[*connection](l, "connection").link.escape(lua.ArgText(l, 2)))
}

func connLastID(s *lua.State, l *glua.LState) int {
	return lua.GiveNumber(l, float64(self[*connection](l, "connection").link.lastID()))
}

func connPing(s *lua.State, l *glua.LState) int {
	return lua.Give(l, glua.LBool(self[*connection](l, "connection").link.ping(s.Context()) == nil))
}

// doubled escapes quotes by doubling them.
func doubled(text string) string { return strings.ReplaceAll(text, "'", "''") }
