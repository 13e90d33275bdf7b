// Package lfs is module lfs for package lua: the basics of LuaFileSystem 1.8. Locks
// and modes of files are accepted and do nothing.
package lfs

import (
	"io/fs"
	"os"
	"time"

	glua "github.com/yuin/gopher-lua"

	"conquest/lua"
)

// Open makes module lfs, the basics of LuaFileSystem.
func Open(s *lua.State, l *glua.LState) int {
	t := s.Fill(l.NewTable(), lua.Functions{
		"attributes": lfsAttributes, "symlinkattributes": lfsAttributes, "chdir": lfsChdir, "currentdir": lfsCurrentDir,
		"dir": lfsDir, "mkdir": lfsMkdir, "rmdir": lfsRmdir, "touch": lfsTouch, "lock": lfsTrue, "unlock": lfsTrue,
		"lock_dir": lfsTrue, "setmode": lfsTrue,
	})
	t.RawSetString("_VERSION", glua.LString("LuaFileSystem 1.8.0"))
	l.G.Global.RawSetString("lfs", t)
	l.Push(t)
	return 1
}

func lfsTrue(s *lua.State, l *glua.LState) int { return lua.Give(l, glua.LTrue) }

func lfsAttributes(s *lua.State, l *glua.LState) int {
	name := lua.ArgText(l, 1)
	fi, err := os.Stat(name)
	if err != nil {
		return lua.FileResult(l, err, "cannot obtain information from file '"+name+"'")
	}
	mode := "other"
	switch {
	case fi.IsDir():
		mode = "directory"
	case fi.Mode().IsRegular():
		mode = "file"
	case fi.Mode()&fs.ModeSymlink != 0:
		mode = "link"
	}
	at := glua.LNumber(fi.ModTime().Unix())
	values := map[string]glua.LValue{"mode": glua.LString(mode), "size": glua.LNumber(fi.Size()), "modification": at, "access": at,
		"change": at, "permissions": glua.LString(fi.Mode().Perm().String()[1:]), "nlink": glua.LNumber(1)}
	switch arg := l.Get(2).(type) {
	case glua.LString:
		v, ok := values[string(arg)]
		if !ok {
			l.RaiseError("invalid attribute name '%s'", string(arg))
		}
		return lua.Give(l, v)
	default:
		t, ok := arg.(*glua.LTable)
		if !ok {
			t = l.NewTable()
		}
		for k, v := range values {
			t.RawSetString(k, v)
		}
		return lua.Give(l, t)
	}
}

func lfsCurrentDir(s *lua.State, l *glua.LState) int {
	dir, err := os.Getwd()
	if err != nil {
		return lua.FileResult(l, err, "")
	}
	return lua.GiveText(l, dir)
}

// lfsChdir works where the script has a process of its own.
func lfsChdir(s *lua.State, l *glua.LState) int {
	dir := lua.ArgText(l, 1)
	if s.Dry("change the folder to %s", dir) {
		return lua.FileResult(l, nil, dir)
	}
	if !s.OwnProcess() {
		return lua.Give(l, glua.LNil, glua.LString("a script may not change the folder of the server"))
	}
	return lua.FileResult(l, os.Chdir(dir), dir)
}

func lfsDir(s *lua.State, l *glua.LState) int {
	name := lua.ArgText(l, 1)
	list, err := os.ReadDir(name)
	if err != nil {
		text, _ := lua.ErrorText(err)
		l.RaiseError("cannot open %s: %s", name, text)
	}
	names := []string{".", ".."}
	for _, e := range list {
		names = append(names, e.Name())
	}
	i := 0
	l.Push(l.NewFunction(func(l *glua.LState) int {
		if i >= len(names) {
			return lua.Give(l, glua.LNil)
		}
		i++
		return lua.GiveText(l, names[i-1])
	}))
	return 1
}

func lfsMkdir(s *lua.State, l *glua.LState) int {
	name := lua.ArgText(l, 1)
	if s.Dry("make directory %s", name) {
		return lua.FileResult(l, nil, "")
	}
	return lua.FileResult(l, os.Mkdir(name, 0o777), "")
}

func lfsRmdir(s *lua.State, l *glua.LState) int {
	name := lua.ArgText(l, 1)
	if s.Dry("remove directory %s", name) {
		return lua.FileResult(l, nil, name)
	}
	fi, err := os.Stat(name)
	if err == nil && !fi.IsDir() {
		err = fs.ErrInvalid
	}
	if err == nil {
		err = os.Remove(name)
	}
	return lua.FileResult(l, err, name)
}

func lfsTouch(s *lua.State, l *glua.LState) int {
	if s.Dry("touch file %s", lua.ArgText(l, 1)) {
		return lua.FileResult(l, nil, "")
	}
	now := float64(time.Now().Unix())
	access := lua.OptNumber(l, 2, now)
	changed := lua.OptNumber(l, 3, access)
	return lua.FileResult(l, os.Chtimes(lua.ArgText(l, 1), time.Unix(int64(access), 0), time.Unix(int64(changed), 0)), "")
}
