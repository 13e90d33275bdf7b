package luasql

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// cursor gives the rows of a query one after the other.
type cursor struct {
	c      *connection
	t      *table
	at     int
	closed bool
}

func (c *cursor) isClosed() bool { return c.closed }

// Hold counts the rows.
func (c *cursor) Hold(h *lua.Holding) {
	if !c.closed {
		h.Add(c.t.bytes)
	}
}

func (c *cursor) close() {
	if !c.closed {
		c.closed = true
		c.c.open--
	}
}

// curFetch gives the values of the next row, or fills a table with them: by number,
// which is usual ("n"), by name ("a"), or both. After the last row it gives nil and
// closes the cursor.
func curFetch(s *lua.State, l *glua.LState) int {
	c := self[*cursor](l, "cursor")
	if c.at >= len(c.t.rows) {
		c.close()
		return lua.Give(l, glua.LNil)
	}
	row := c.t.rows[c.at]
	c.at++
	t, ok := l.Get(2).(*glua.LTable)
	if !ok {
		return lua.Give(l, row...)
	}
	mode := lua.OptText(l, 3, "n")
	for i, v := range row {
		if strings.Contains(mode, "n") {
			t.RawSetInt(i+1, v)
		}
		if strings.Contains(mode, "a") {
			t.RawSetString(c.t.names[i], v)
		}
	}
	return lua.Give(l, t)
}

func curClose(s *lua.State, l *glua.LState) int {
	ud, _ := l.Get(1).(*glua.LUserData)
	if ud != nil {
		if c, ok := ud.Value.(*cursor); ok && c.closed {
			return lua.Give(l, glua.LFalse)
		}
	}
	self[*cursor](l, "cursor").close()
	return lua.Give(l, glua.LTrue)
}

func curNames(s *lua.State, l *glua.LState) int { return list(l, self[*cursor](l, "cursor").t.names) }
func curTypes(s *lua.State, l *glua.LState) int { return list(l, self[*cursor](l, "cursor").t.types) }

func list(l *glua.LState, texts []string) int {
	t := l.CreateTable(len(texts), 0)
	for _, text := range texts {
		t.Append(glua.LString(text))
	}
	return lua.Give(l, t)
}

func curRows(s *lua.State, l *glua.LState) int {
	return lua.GiveNumber(l, float64(len(self[*cursor](l, "cursor").t.rows)))
}
