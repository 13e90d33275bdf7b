package luabind

import (
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

func fnGetAMap(s *State, l *glua.LState) int {
	p, ok := s.e.host.Peer(looseInt(l, 1))
	if !ok {
		return 0
	}
	return lua.Give(l, glua.LString(p.Name), glua.LString(p.Address), glua.LString(p.Port), glua.LString(p.Compression))
}

func fnGetSQLDef(s *State, l *glua.LState) int {
	table := looseInt(l, 1)
	if table < 0 || table > 4 {
		return 0
	}
	c, ok := s.e.host.Column(table, looseInt(l, 2))
	if !ok {
		return 0
	}
	return lua.Give(l, glua.LNumber(c.Tag.Group()), glua.LNumber(c.Tag.Element()), glua.LString(c.Name),
		glua.LNumber(c.Length), glua.LString(c.SQLType), glua.LString(c.DICOMType))
}

func fnDBQuery(s *State, l *glua.LState) int {
	table, fields, where, order := lua.ArgText(l, 1), lua.ArgText(l, 2), lua.OptText(l, 3, ""), lua.OptText(l, 4, "")
	defer s.into(l)()
	rows, err := s.e.host.Query(s.vm.Context(), table, fields, where, order)
	if err != nil {
		return 0
	}
	columns := strings.Count(fields, ",") + 1
	t := l.CreateTable(len(rows), 0)
	for _, row := range rows {
		r := l.CreateTable(columns, 0)
		for i := range columns {
			v := ""
			if i < len(row) {
				v = row[i]
			}
			r.Append(glua.LString(v))
		}
		t.Append(r)
	}
	l.Push(t)
	return 1
}

func fnSQL(s *State, l *glua.LState) int {
	statement, ok := lua.ToText(l.Get(1))
	if !ok {
		return lua.GiveNumber(l, 1) // as the empty statement
	}
	defer s.into(l)()
	if err := s.e.host.SQL(s.vm.Context(), statement); err != nil {
		return 0
	}
	return lua.GiveNumber(l, 1)
}

func fnOldestPatients(s *State, l *glua.LState) int {
	limit := looseInt(l, 1)
	device, _ := lua.ToText(l.Get(2))
	order, _ := lua.ToText(l.Get(3))
	t := l.NewTable()
	if limit < 0 {
		limit = math.MaxInt
	}
	if limit > 0 {
		defer s.into(l)()
		ids, err := s.e.host.OldestPatients(s.vm.Context(), limit, device, order)
		if err != nil {
			ids = nil
		}
		for _, id := range ids {
			t.Append(glua.LString(id))
		}
	}
	l.Push(t)
	return 1
}

func fnChangeUID(s *State, l *glua.LState) int {
	if l.GetTop() == 0 {
		return lua.Give(l, glua.LNil)
	}
	old, _, _ := strings.Cut(lua.ArgText(l, 1), "\x00")
	uid, stage, typ := lua.OptText(l, 2, ""), lua.OptText(l, 3, ""), lua.OptText(l, 4, "lua")
	switch {
	case strings.HasPrefix(stage, "#"):
		if uid != "" {
			return lua.Give(l, glua.LNil)
		}
	case old == "":
		return lua.GiveText(l, "")
	}
	defer s.into(l)()
	mapped, err := s.e.host.ChangeUID(s.vm.Context(), old, uid, stage, typ)
	if err != nil {
		return lua.Give(l, glua.LNil)
	}
	return lua.GiveText(l, mapped)
}

func fnChangeUIDBack(s *State, l *glua.LState) int {
	if l.GetTop() == 0 {
		return lua.Give(l, glua.LNil)
	}
	uid, stage, typ := lua.ArgText(l, 1), lua.OptText(l, 2, ""), lua.OptText(l, 3, "")
	if uid == "" && !strings.HasPrefix(stage, "#") {
		return lua.GiveText(l, "")
	}
	defer s.into(l)()
	old, ok, err := s.e.host.ChangeUIDBack(s.vm.Context(), uid, stage, typ)
	if err != nil || !ok {
		return lua.Give(l, glua.LNil)
	}
	return lua.GiveText(l, old)
}

// fnGpps is gpps(section, key, default); with one argument it is a key of the
// server's section.
func fnGpps(s *State, l *glua.LState) int {
	section, key := lua.ArgText(l, 1), ""
	if l.GetTop() == 1 {
		section, key = "", section
	} else {
		key = lua.ArgText(l, 2)
	}
	v, ok := s.e.host.Setting(section, key)
	if !ok || section == "" && l.GetTop() > 1 { // no section is called so
		v = lua.OptText(l, 3, "")
	}
	const longest = 255
	if len(v) > longest {
		v = v[:longest]
	}
	return lua.GiveText(l, v)
}
