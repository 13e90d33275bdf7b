package lua

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"
)

func (s *State) openOS() {
	s.library("os", []entry{
		{"clock", osClock}, {"date", osDate}, {"difftime", osDifftime}, {"execute", osExecute}, {"exit", osExit},
		{"getenv", osGetenv}, {"remove", osRemove}, {"rename", osRename}, {"setlocale", osSetlocale},
		{"time", osTime}, {"tmpname", osTmpname},
	})
}

func osClock(s *State, l *glua.LState) int {
	return GiveNumber(l, processTime().Seconds())
}

func osDifftime(s *State, l *glua.LState) int {
	return GiveNumber(l, ArgNumber(l, 1)-OptNumber(l, 2, 0))
}

// Shell runs a command and gives what C's system() does.
func (s *State) Shell(command string) int {
	if s.Dry("run by the shell: %s", command) {
		return 0
	}
	cmd := shell(s.Context(), command)
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

func osExecute(s *State, l *glua.LState) int {
	if l.Get(1) == glua.LNil {
		return GiveNumber(l, 1)
	}
	return GiveNumber(l, float64(s.Shell(ArgText(l, 1))))
}

func osExit(s *State, l *glua.LState) int {
	code := OptInt(l, 1, 0)
	if s.e.opt.Exit == nil {
		l.RaiseError("os.exit: a script may not end the server")
	}
	s.e.opt.Exit(code)
	return 0
}

func osGetenv(s *State, l *glua.LState) int {
	v, ok := os.LookupEnv(ArgText(l, 1))
	if !ok {
		l.Push(glua.LNil)
		return 1
	}
	return GiveText(l, v)
}

func osRemove(s *State, l *glua.LState) int {
	name := ArgText(l, 1)
	if s.Dry("remove file %s", name) {
		return FileResult(l, nil, name)
	}
	return FileResult(l, os.Remove(name), name)
}

func osRename(s *State, l *glua.LState) int {
	from, to := ArgText(l, 1), ArgText(l, 2)
	if s.Dry("rename file %s to %s", from, to) {
		return FileResult(l, nil, from)
	}
	return FileResult(l, os.Rename(from, to), from)
}

func osSetlocale(s *State, l *glua.LState) int {
	switch OptText(l, 1, "C") {
	case "", "C", "POSIX":
		return GiveText(l, "C")
	}
	l.Push(glua.LNil)
	return 1
}

func osTmpname(s *State, l *glua.LState) int {
	if s.Dry("make a temporary file") {
		return GiveText(l, "TEMPFILE")
	}
	f, err := os.CreateTemp("", "lua_")
	if err != nil {
		l.RaiseError("unable to generate a unique filename")
	}
	name := f.Name()
	_ = f.Close() // empty
	return GiveText(l, name)
}

func osTime(s *State, l *glua.LState) int {
	if l.Get(1) == glua.LNil {
		return GiveNumber(l, float64(time.Now().Unix()))
	}
	t := ArgTable(l, 1)
	field := func(key string, missing int) int {
		f, ok := ToNumber(t.RawGetString(key))
		if !ok {
			if missing < 0 {
				l.RaiseError("field '%s' missing in date table", key)
			}
			return missing
		}
		return ToInt(f)
	}
	at := time.Date(field("year", -1), time.Month(field("month", -1)), field("day", -1),
		field("hour", 12), field("min", 0), field("sec", 0), 0, time.Local)
	return GiveNumber(l, float64(at.Unix()))
}

func osDate(s *State, l *glua.LState) int {
	format := OptText(l, 1, "%c")
	at := time.Now()
	if l.Get(2) != glua.LNil {
		at = time.Unix(int64(ArgInt(l, 2)), 0)
	}
	at = at.Local()
	if rest, ok := strings.CutPrefix(format, "!"); ok {
		format, at = rest, at.UTC()
	}
	if strings.HasPrefix(format, "*t") {
		t := l.CreateTable(0, 9)
		for key, n := range map[string]int{"year": at.Year(), "month": int(at.Month()), "day": at.Day(), "hour": at.Hour(),
			"min": at.Minute(), "sec": at.Second(), "wday": int(at.Weekday()) + 1, "yday": at.YearDay()} {
			t.RawSetString(key, glua.LNumber(n))
		}
		t.RawSetString("isdst", glua.LBool(at.IsDST()))
		l.Push(t)
		return 1
	}
	return GiveText(l, strftime(format, at))
}
