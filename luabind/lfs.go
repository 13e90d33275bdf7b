package luabind

import (
	"io/fs"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// openLFS makes module lfs, the basics of LuaFileSystem.
func openLFS(s *State, l *lua.LState) int {
	t := s.fill(l.NewTable(), []entry{
		{"attributes", lfsAttributes}, {"symlinkattributes", lfsAttributes}, {"chdir", lfsChdir}, {"currentdir", lfsCurrentDir},
		{"dir", lfsDir}, {"mkdir", lfsMkdir}, {"rmdir", lfsRmdir}, {"touch", lfsTouch}, {"lock", lfsTrue}, {"unlock", lfsTrue},
		{"lock_dir", lfsTrue}, {"setmode", lfsTrue},
	})
	t.RawSetString("_VERSION", lua.LString("LuaFileSystem 1.8.0"))
	l.G.Global.RawSetString("lfs", t)
	l.Push(t)
	return 1
}

func lfsTrue(s *State, l *lua.LState) int { return give(l, lua.LTrue) }

func lfsAttributes(s *State, l *lua.LState) int {
	name := argText(l, 1)
	fi, err := os.Stat(name)
	if err != nil {
		return ioResult(l, err, "cannot obtain information from file '"+name+"'")
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
	at := lua.LNumber(fi.ModTime().Unix())
	values := map[string]lua.LValue{"mode": lua.LString(mode), "size": lua.LNumber(fi.Size()), "modification": at, "access": at,
		"change": at, "permissions": lua.LString(fi.Mode().Perm().String()[1:]), "nlink": lua.LNumber(1)}
	switch arg := l.Get(2).(type) {
	case lua.LString:
		v, ok := values[string(arg)]
		if !ok {
			l.RaiseError("invalid attribute name '%s'", string(arg))
		}
		return give(l, v)
	default:
		t, ok := arg.(*lua.LTable)
		if !ok {
			t = l.NewTable()
		}
		for k, v := range values {
			t.RawSetString(k, v)
		}
		return give(l, t)
	}
}

func lfsCurrentDir(s *State, l *lua.LState) int {
	dir, err := os.Getwd()
	if err != nil {
		return ioResult(l, err, "")
	}
	return giveText(l, dir)
}

// lfsChdir works where the script has a process of its own.
func lfsChdir(s *State, l *lua.LState) int {
	dir := argText(l, 1)
	if s.e.opt.Exit == nil {
		return give(l, lua.LNil, lua.LString("a script may not change the folder of the server"))
	}
	return ioResult(l, os.Chdir(dir), dir)
}

func lfsDir(s *State, l *lua.LState) int {
	name := argText(l, 1)
	list, err := os.ReadDir(name)
	if err != nil {
		text, _ := errorText(err)
		l.RaiseError("cannot open %s: %s", name, text)
	}
	names := []string{".", ".."}
	for _, e := range list {
		names = append(names, e.Name())
	}
	i := 0
	l.Push(l.NewFunction(func(l *lua.LState) int {
		if i >= len(names) {
			return give(l, lua.LNil)
		}
		i++
		return giveText(l, names[i-1])
	}))
	return 1
}

func lfsMkdir(s *State, l *lua.LState) int { return ioResult(l, os.Mkdir(argText(l, 1), 0o777), "") }

func lfsRmdir(s *State, l *lua.LState) int {
	name := argText(l, 1)
	fi, err := os.Stat(name)
	if err == nil && !fi.IsDir() {
		err = fs.ErrInvalid
	}
	if err == nil {
		err = os.Remove(name)
	}
	return ioResult(l, err, name)
}

func lfsTouch(s *State, l *lua.LState) int {
	now := float64(time.Now().Unix())
	access := optNumber(l, 2, now)
	changed := optNumber(l, 3, access)
	return ioResult(l, os.Chtimes(argText(l, 1), time.Unix(int64(access), 0), time.Unix(int64(changed), 0)), "")
}
