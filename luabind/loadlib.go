package luabind

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// dumpMark begins what string.dump gives: a precompiled chunk of this state.
const dumpMark = "\x1bLuaQ"

// load compiles text, or finds what string.dump gave.
func (s *State) load(l *lua.LState, text, source string) (*lua.LFunction, error) {
	if strings.HasPrefix(text, "\x1b") {
		return s.undump(l, text, chunkID(source))
	}
	p, err := s.e.compile(text, source)
	if err != nil {
		return nil, err
	}
	return s.function(l, p), nil
}

func (s *State) undump(l *lua.LState, text, name string) (*lua.LFunction, error) {
	if strings.HasPrefix(name, `[string "`) {
		name = "binary string"
	}
	n, err := strconv.Atoi(strings.TrimPrefix(text, dumpMark))
	if err != nil || n < 0 || n >= len(s.dumped) {
		return nil, &syntaxError{name + ": unexpected end in precompiled chunk"}
	}
	return s.function(l, s.dumped[n]), nil
}

// dump gives a string that load of this state turns into the function again.
func (s *State) dump(f *lua.LFunction) string {
	for i, p := range s.dumped {
		if p.proto == f.Proto {
			return dumpMark + strconv.Itoa(i)
		}
	}
	p := &program{proto: f.Proto, source: "=?"}
	if text := s.textOf(f.Proto); text != nil {
		p.names, p.source = text.names, text.source
	}
	s.dumped = append(s.dumped, p)
	return dumpMark + strconv.Itoa(len(s.dumped)-1)
}

// loaded pushes a compiled function, or nil and the message.
func loaded(l *lua.LState, f *lua.LFunction, err error) int {
	if err != nil {
		return give(l, lua.LNil, lua.LString(err.Error()))
	}
	l.Push(f)
	return 1
}

func baseLoadString(s *State, l *lua.LState) int {
	text := argText(l, 1)
	f, err := s.load(l, text, optText(l, 2, text))
	return loaded(l, f, err)
}

func baseLoad(s *State, l *lua.LState) int {
	f := argFunction(l, 1)
	name := optText(l, 2, "=(load)")
	var b strings.Builder
	for {
		l.Push(f)
		l.Call(0, 1)
		piece, ok := toText(l.Get(-1))
		end := l.Get(-1) == lua.LNil || ok && piece == ""
		l.Pop(1)
		if end {
			break
		}
		if !ok {
			return give(l, lua.LNil, lua.LString("reader function must return a string"))
		}
		b.WriteString(piece)
	}
	fn, err := s.load(l, b.String(), name)
	return loaded(l, fn, err)
}

// maxSource bounds a Lua file.
const maxSource = 64 << 20

// loadFile reads and compiles a file; its first line may begin with '#'.
func (s *State) loadFile(l *lua.LState, path string) (*lua.LFunction, error) {
	fi, err := os.Stat(path)
	var text []byte
	if err == nil && fi.Size() <= maxSource {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		text := "File too large"
		if err != nil {
			text, _ = errorText(err)
		}
		return nil, &syntaxError{"cannot open " + path + ": " + text}
	}
	src := string(text)
	if strings.HasPrefix(src, "#") {
		line, rest, _ := strings.Cut(src, "\n")
		_ = line
		src = "\n" + rest
	}
	return s.load(l, src, "@"+path)
}

func baseLoadFile(s *State, l *lua.LState) int {
	f, err := s.loadFile(l, argText(l, 1))
	return loaded(l, f, err)
}

func baseDoFile(s *State, l *lua.LState) int {
	f, err := s.loadFile(l, argText(l, 1))
	if err != nil {
		l.Error(lua.LString(err.Error()), 0)
	}
	top := l.GetTop()
	l.Push(f)
	l.Call(0, lua.MultRet)
	return l.GetTop() - top
}

const defaultPath = "./?.lua;/usr/local/share/lua/5.1/?.lua;/usr/local/share/lua/5.1/?/init.lua;" +
	"/usr/local/lib/lua/5.1/?.lua;/usr/local/lib/lua/5.1/?/init.lua"

func (s *State) openPackage() {
	s.openEngine("package", lua.OpenPackage)
	p := s.l.G.Global.RawGetString("package").(*lua.LTable)
	path := defaultPath
	if env := os.Getenv("LUA_PATH"); env != "" {
		path = strings.ReplaceAll(env, ";;", ";"+defaultPath+";")
	}
	p.RawSetString("path", lua.LString(path))
	p.RawSetString("cpath", lua.LString("./?.so;/usr/local/lib/lua/5.1/?.so;/usr/local/lib/lua/5.1/loadall.so"))
	p.RawSetString("config", lua.LString("/\n;\n?\n!\n-"))
	if loaders, ok := p.RawGetString("loaders").(*lua.LTable); ok {
		loaders.RawSetInt(2, s.bind(packageSearch))
	}
	s.fill(s.l.G.Global, []entry{{"require", baseRequire}})
}

// packageSearch is the loader of Lua files.
func packageSearch(s *State, l *lua.LState) int {
	name := argText(l, 1)
	p, _ := l.G.Global.RawGetString("package").(*lua.LTable)
	path := defaultPath
	if p != nil {
		text, ok := toText(p.RawGetString("path"))
		if !ok {
			l.RaiseError("'package.path' must be a string")
		}
		path = text
	}
	for _, dir := range s.e.opt.LibraryDirs {
		path += ";" + filepath.Join(dir, "?.lua")
	}
	file := strings.ReplaceAll(name, ".", string(filepath.Separator))
	missing := ""
	for pattern := range strings.SplitSeq(path, ";") {
		if pattern == "" {
			continue
		}
		candidate := strings.ReplaceAll(pattern, "?", file)
		fi, err := os.Stat(candidate)
		if err != nil || fi.IsDir() {
			missing += "\n\tno file '" + candidate + "'"
			continue
		}
		f, err := s.loadFile(l, candidate)
		if err != nil {
			l.RaiseError("error loading module '%s' from file '%s':\n\t%s", name, candidate, err.Error())
		}
		l.Push(f)
		return 1
	}
	return giveText(l, missing)
}

func baseRequire(s *State, l *lua.LState) int {
	name := argText(l, 1)
	p, ok := l.G.Global.RawGetString("package").(*lua.LTable)
	if !ok {
		l.RaiseError("'package' must be a table")
	}
	done, ok := p.RawGetString("loaded").(*lua.LTable)
	if !ok {
		l.RaiseError("'package.loaded' must be a table")
	}
	loading := s.noMethod
	if v := done.RawGetString(name); lua.LVAsBool(v) {
		if v == loading {
			l.RaiseError("loop or previous error loading module '%s'", name)
		}
		l.Push(v)
		return 1
	}
	loader := s.findLoader(l, p, name)
	done.RawSetString(name, loading)
	l.Push(loader)
	l.Push(lua.LString(name))
	l.Call(1, 1)
	if v := l.Get(-1); v != lua.LNil {
		done.RawSetString(name, v)
	} else if done.RawGetString(name) == loading {
		done.RawSetString(name, lua.LTrue)
	}
	l.Push(done.RawGetString(name))
	return 1
}

// findLoader asks package.loaders.
func (s *State) findLoader(l *lua.LState, p *lua.LTable, name string) lua.LValue {
	loaders, ok := p.RawGetString("loaders").(*lua.LTable)
	if !ok {
		l.RaiseError("'package.loaders' must be a table")
	}
	missing := ""
	for i := 1; ; i++ {
		loader := l.RawGetInt(loaders, i)
		if loader == lua.LNil {
			l.RaiseError("module '%s' not found:%s", name, missing)
		}
		l.Push(loader)
		l.Push(lua.LString(name))
		l.Call(1, 1)
		v := l.Get(-1)
		l.Pop(1)
		if f, ok := v.(*lua.LFunction); ok {
			return f
		}
		if text, ok := v.(lua.LString); ok {
			if !strings.HasPrefix(string(text), "\n") {
				text = "\n\t" + text
			}
			missing += string(text)
		}
	}
}
