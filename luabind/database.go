package luabind

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func fnGetAMap(s *State, l *lua.LState) int {
	p, ok := s.e.host.Peer(looseInt(l, 1))
	if !ok {
		return 0
	}
	return give(l, lua.LString(p.Name), lua.LString(p.Address), lua.LString(p.Port), lua.LString(p.Compression))
}

func fnGetSQLDef(s *State, l *lua.LState) int {
	table := looseInt(l, 1)
	if table < 0 || table > 4 {
		return 0
	}
	c, ok := s.e.host.Column(table, looseInt(l, 2))
	if !ok {
		return 0
	}
	return give(l, lua.LNumber(c.Tag.Group()), lua.LNumber(c.Tag.Element()), lua.LString(c.Name),
		lua.LNumber(c.Length), lua.LString(c.SQLType), lua.LString(c.DICOMType))
}

func fnDBQuery(s *State, l *lua.LState) int {
	table, fields, where, order := argText(l, 1), argText(l, 2), optText(l, 3, ""), optText(l, 4, "")
	defer s.into(l)()
	rows, err := s.e.host.Query(s.context(), table, fields, where, order)
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
			r.Append(lua.LString(v))
		}
		t.Append(r)
	}
	l.Push(t)
	return 1
}

func fnSQL(s *State, l *lua.LState) int {
	statement, ok := toText(l.Get(1))
	if !ok {
		return giveNumber(l, 1) // as the empty statement
	}
	defer s.into(l)()
	if err := s.e.host.SQL(s.context(), statement); err != nil {
		return 0
	}
	return giveNumber(l, 1)
}

func fnOldestPatients(s *State, l *lua.LState) int {
	limit := looseInt(l, 1)
	device, _ := toText(l.Get(2))
	order, _ := toText(l.Get(3))
	t := l.NewTable()
	if limit < 0 {
		limit = math.MaxInt
	}
	if limit > 0 {
		defer s.into(l)()
		ids, err := s.e.host.OldestPatients(s.context(), limit, device, order)
		if err != nil {
			ids = nil
		}
		for _, id := range ids {
			t.Append(lua.LString(id))
		}
	}
	l.Push(t)
	return 1
}

func fnChangeUID(s *State, l *lua.LState) int {
	if l.GetTop() == 0 {
		return give(l, lua.LNil)
	}
	old, _, _ := strings.Cut(argText(l, 1), "\x00")
	uid, stage, typ := optText(l, 2, ""), optText(l, 3, ""), optText(l, 4, "lua")
	switch {
	case strings.HasPrefix(stage, "#"):
		if uid != "" {
			return give(l, lua.LNil)
		}
	case old == "":
		return giveText(l, "")
	}
	defer s.into(l)()
	mapped, err := s.e.host.ChangeUID(s.context(), old, uid, stage, typ)
	if err != nil {
		return give(l, lua.LNil)
	}
	return giveText(l, mapped)
}

func fnChangeUIDBack(s *State, l *lua.LState) int {
	if l.GetTop() == 0 {
		return give(l, lua.LNil)
	}
	uid, stage, typ := argText(l, 1), optText(l, 2, ""), optText(l, 3, "")
	if uid == "" && !strings.HasPrefix(stage, "#") {
		return giveText(l, "")
	}
	defer s.into(l)()
	old, ok, err := s.e.host.ChangeUIDBack(s.context(), uid, stage, typ)
	if err != nil || !ok {
		return give(l, lua.LNil)
	}
	return giveText(l, old)
}

// fnGpps is gpps(section, key, default); with one argument it is a key of the
// server's section.
func fnGpps(s *State, l *lua.LState) int {
	section, key := argText(l, 1), ""
	if l.GetTop() == 1 {
		section, key = "", section
	} else {
		key = argText(l, 2)
	}
	v, ok := s.e.host.Setting(section, key)
	if !ok || section == "" && l.GetTop() > 1 { // no section is called so
		v = optText(l, 3, "")
	}
	const longest = 255
	if len(v) > longest {
		v = v[:longest]
	}
	return giveText(l, v)
}
