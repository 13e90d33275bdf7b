package lua

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// dumpMark begins what string.dump gives: a precompiled chunk of this state.
const dumpMark = "\x1bLuaQ"

// Load compiles text, or finds what string.dump gave.
func (s *State) Load(l *glua.LState, text, source string) (*glua.LFunction, error) {
	if strings.HasPrefix(text, "\x1b") {
		return s.undump(l, text, chunkID(source))
	}
	p, err := s.e.compile(text, source)
	if err != nil {
		return nil, err
	}
	return s.function(l, p), nil
}

func (s *State) undump(l *glua.LState, text, name string) (*glua.LFunction, error) {
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
func (s *State) dump(f *glua.LFunction) string {
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
func loaded(l *glua.LState, f *glua.LFunction, err error) int {
	if err != nil {
		return Give(l, glua.LNil, glua.LString(err.Error()))
	}
	l.Push(f)
	return 1
}

func baseLoadString(s *State, l *glua.LState) int {
	text := ArgText(l, 1)
	f, err := s.Load(l, text, OptText(l, 2, text))
	return loaded(l, f, err)
}

func baseLoad(s *State, l *glua.LState) int {
	f := ArgFunction(l, 1)
	name := OptText(l, 2, "=(load)")
	var b strings.Builder
	for {
		l.Push(f)
		l.Call(0, 1)
		piece, ok := ToText(l.Get(-1))
		end := l.Get(-1) == glua.LNil || ok && piece == ""
		l.Pop(1)
		if end {
			break
		}
		if !ok {
			return Give(l, glua.LNil, glua.LString("reader function must return a string"))
		}
		b.WriteString(piece)
	}
	fn, err := s.Load(l, b.String(), name)
	return loaded(l, fn, err)
}

// maxSource bounds a Lua file.
const maxSource = 64 << 20

// loadFile reads and compiles a file; its first line may begin with '#'.
func (s *State) loadFile(l *glua.LState, path string) (*glua.LFunction, error) {
	fi, err := os.Stat(path)
	var text []byte
	if err == nil && fi.Size() <= maxSource {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		text := "File too large"
		if err != nil {
			text, _ = ErrorText(err)
		}
		return nil, &syntaxError{"cannot open " + path + ": " + text}
	}
	src := string(text)
	if strings.HasPrefix(src, "#") {
		line, rest, _ := strings.Cut(src, "\n")
		_ = line
		src = "\n" + rest
	}
	return s.Load(l, src, "@"+path)
}

func baseLoadFile(s *State, l *glua.LState) int {
	f, err := s.loadFile(l, ArgText(l, 1))
	return loaded(l, f, err)
}

func baseDoFile(s *State, l *glua.LState) int {
	f, err := s.loadFile(l, ArgText(l, 1))
	if err != nil {
		l.Error(glua.LString(err.Error()), 0)
	}
	top := l.GetTop()
	l.Push(f)
	l.Call(0, glua.MultRet)
	return l.GetTop() - top
}

const defaultPath = "./?.lua;/usr/local/share/lua/5.1/?.lua;/usr/local/share/lua/5.1/?/init.lua;" +
	"/usr/local/lib/lua/5.1/?.lua;/usr/local/lib/lua/5.1/?/init.lua"

func (s *State) openPackage() {
	s.openEngine("package", glua.OpenPackage)
	p := s.l.G.Global.RawGetString("package").(*glua.LTable)
	path := defaultPath
	if env := os.Getenv("LUA_PATH"); env != "" {
		path = strings.ReplaceAll(env, ";;", ";"+defaultPath+";")
	}
	p.RawSetString("path", glua.LString(path))
	p.RawSetString("cpath", glua.LString("./?.so;/usr/local/lib/lua/5.1/?.so;/usr/local/lib/lua/5.1/loadall.so"))
	p.RawSetString("config", glua.LString("/\n;\n?\n!\n-"))
	if loaders, ok := p.RawGetString("loaders").(*glua.LTable); ok {
		loaders.RawSetInt(2, s.Bind(packageSearch))
	}
	s.fill(s.l.G.Global, []entry{{"require", baseRequire}})
}

// packageSearch is the loader of Lua files.
func packageSearch(s *State, l *glua.LState) int {
	name := ArgText(l, 1)
	p, _ := l.G.Global.RawGetString("package").(*glua.LTable)
	path := defaultPath
	if p != nil {
		text, ok := ToText(p.RawGetString("path"))
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
	return GiveText(l, missing)
}

func baseRequire(s *State, l *glua.LState) int {
	name := ArgText(l, 1)
	p, ok := l.G.Global.RawGetString("package").(*glua.LTable)
	if !ok {
		l.RaiseError("'package' must be a table")
	}
	done, ok := p.RawGetString("loaded").(*glua.LTable)
	if !ok {
		l.RaiseError("'package.loaded' must be a table")
	}
	loading := s.loading
	if v := done.RawGetString(name); glua.LVAsBool(v) {
		if v == loading {
			l.RaiseError("loop or previous error loading module '%s'", name)
		}
		l.Push(v)
		return 1
	}
	loader := s.findLoader(l, p, name)
	done.RawSetString(name, loading)
	l.Push(loader)
	l.Push(glua.LString(name))
	l.Call(1, 1)
	if v := l.Get(-1); v != glua.LNil {
		done.RawSetString(name, v)
	} else if done.RawGetString(name) == loading {
		done.RawSetString(name, glua.LTrue)
	}
	l.Push(done.RawGetString(name))
	return 1
}

// noLibraries ends the message about a module that is not found.
const noLibraries = "\n\tmodules in C are not loaded (package.cpath)"

// findLoader asks package.loaders.
func (s *State) findLoader(l *glua.LState, p *glua.LTable, name string) glua.LValue {
	loaders, ok := p.RawGetString("loaders").(*glua.LTable)
	if !ok {
		l.RaiseError("'package.loaders' must be a table")
	}
	missing := ""
	for i := 1; ; i++ {
		loader := l.RawGetInt(loaders, i)
		if loader == glua.LNil {
			l.RaiseError("module '%s' not found:%s%s", name, missing, noLibraries)
		}
		l.Push(loader)
		l.Push(glua.LString(name))
		l.Call(1, 1)
		v := l.Get(-1)
		l.Pop(1)
		if f, ok := v.(*glua.LFunction); ok {
			return f
		}
		if text, ok := v.(glua.LString); ok {
			if !strings.HasPrefix(string(text), "\n") {
				text = "\n\t" + text
			}
			missing += string(text)
		}
	}
}

// preload enters the modules that need no file. Each is made when it is first
// required.
func (s *State) preload() {
	p, ok := s.l.G.Global.RawGetString("package").(*glua.LTable)
	if !ok {
		return
	}
	if loaded, ok := p.RawGetString("loaded").(*glua.LTable); ok {
		loaded.RawSetString("_G", s.l.G.Global)
		for _, name := range [...]string{"string", "table", "math", "coroutine", "package", "io", "os", "debug"} {
			loaded.RawSetString(name, s.l.G.Global.RawGetString(name))
		}
	}
	if preload, ok := p.RawGetString("preload").(*glua.LTable); ok {
		s.Fill(preload, s.e.opt.Modules)
	}
}
