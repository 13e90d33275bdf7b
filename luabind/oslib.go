package luabind

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

func (s *State) openOS() {
	s.library("os", []entry{
		{"clock", osClock}, {"date", osDate}, {"difftime", osDifftime}, {"execute", osExecute}, {"exit", osExit},
		{"getenv", osGetenv}, {"remove", osRemove}, {"rename", osRename}, {"setlocale", osSetlocale},
		{"time", osTime}, {"tmpname", osTmpname},
	})
}

func osClock(s *State, l *lua.LState) int {
	return giveNumber(l, processTime().Seconds())
}

func osDifftime(s *State, l *lua.LState) int {
	return giveNumber(l, argNumber(l, 1)-optNumber(l, 2, 0))
}

// waitStatus runs a command and gives what C's system() does.
func (s *State) waitStatus(command string) int {
	cmd := shell(s.context(), command)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exitStatus(exit)
	}
	return -1
}

func osExecute(s *State, l *lua.LState) int {
	if l.Get(1) == lua.LNil {
		return giveNumber(l, 1)
	}
	return giveNumber(l, float64(s.waitStatus(argText(l, 1))))
}

func osExit(s *State, l *lua.LState) int {
	code := optInt(l, 1, 0)
	if s.e.opt.Exit == nil {
		l.RaiseError("os.exit: a script may not end the server")
	}
	s.e.opt.Exit(code)
	return 0
}

func osGetenv(s *State, l *lua.LState) int {
	v, ok := os.LookupEnv(argText(l, 1))
	if !ok {
		l.Push(lua.LNil)
		return 1
	}
	return giveText(l, v)
}

func osRemove(s *State, l *lua.LState) int {
	name := argText(l, 1)
	return ioResult(l, os.Remove(name), name)
}

func osRename(s *State, l *lua.LState) int {
	from, to := argText(l, 1), argText(l, 2)
	return ioResult(l, os.Rename(from, to), from)
}

func osSetlocale(s *State, l *lua.LState) int {
	switch optText(l, 1, "C") {
	case "", "C", "POSIX":
		return giveText(l, "C")
	}
	l.Push(lua.LNil)
	return 1
}

func osTmpname(s *State, l *lua.LState) int {
	f, err := os.CreateTemp("", "lua_")
	if err != nil {
		l.RaiseError("unable to generate a unique filename")
	}
	name := f.Name()
	_ = f.Close() // empty
	return giveText(l, name)
}

func osTime(s *State, l *lua.LState) int {
	if l.Get(1) == lua.LNil {
		return giveNumber(l, float64(time.Now().Unix()))
	}
	t := argTable(l, 1)
	field := func(key string, missing int) int {
		f, ok := toNumber(t.RawGetString(key))
		if !ok {
			if missing < 0 {
				l.RaiseError("field '%s' missing in date table", key)
			}
			return missing
		}
		return toInt(f)
	}
	at := time.Date(field("year", -1), time.Month(field("month", -1)), field("day", -1),
		field("hour", 12), field("min", 0), field("sec", 0), 0, time.Local)
	return giveNumber(l, float64(at.Unix()))
}

func osDate(s *State, l *lua.LState) int {
	format := optText(l, 1, "%c")
	at := time.Now()
	if l.Get(2) != lua.LNil {
		at = time.Unix(int64(argInt(l, 2)), 0)
	}
	at = at.Local()
	if rest, ok := strings.CutPrefix(format, "!"); ok {
		format, at = rest, at.UTC()
	}
	if strings.HasPrefix(format, "*t") {
		t := l.CreateTable(0, 9)
		for key, n := range map[string]int{"year": at.Year(), "month": int(at.Month()), "day": at.Day(), "hour": at.Hour(),
			"min": at.Minute(), "sec": at.Second(), "wday": int(at.Weekday()) + 1, "yday": at.YearDay()} {
			t.RawSetString(key, lua.LNumber(n))
		}
		t.RawSetString("isdst", lua.LBool(at.IsDST()))
		l.Push(t)
		return 1
	}
	return giveText(l, strftime(format, at))
}
