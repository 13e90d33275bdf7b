package sitecheck

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/luabind"
	"conquest/storage"
)

// luaCheck looks for mistakes in a chunk that only show when it runs.
type luaCheck struct {
	*scriptChecker
	tokens []token
	found  []dicomini.ScriptFinding
}

func (c *scriptChecker) luaMistakes(chunk string) []dicomini.ScriptFinding {
	l := luaCheck{scriptChecker: c, tokens: tokens(chunk)}
	for i := range l.tokens {
		l.names(i)
		l.calls(i)
	}
	return l.found
}

func (l *luaCheck) add(s finding.Severity, at int, message, fix string) {
	l.found = append(l.found, dicomini.ScriptFinding{Severity: s, Offset: at, Message: message, Fix: fix})
}

// at is the token at i, an empty one beyond the ends.
func (l *luaCheck) at(i int) token {
	if i < 0 || i >= len(l.tokens) {
		return token{}
	}
	return l.tokens[i]
}

// serverNames are globals of the server that are easily written otherwise.
var serverNames = map[string]string{"data": "Data", "DATA": "Data", "global": "Global", "GLOBAL": "Global",
	"association": "Association", "ASSOCIATION": "Association", "filename": "Filename", "Command_line": "command_line"}

// names checks the name at token i and what is asked of it.
func (l *luaCheck) names(i int) {
	t := l.tokens[i]
	before := l.at(i - 1).text
	if t.kind != 'n' || before == "." || before == ":" {
		return
	}
	after := l.at(i + 1)
	if right, ok := serverNames[t.text]; ok && (after.text == "." || after.text == ":" || after.text == "[") && !l.defined(t.text) {
		l.add(finding.Error, t.at, t.text+" is nil, the name of the object of the server is "+right, "write "+right)
		return
	}
	if t.text != "Data" || l.defined("Data") {
		return
	}
	switch name := l.at(i + 2); {
	case after.text == "." && name.kind == 'n':
		l.element(name, l.at(i+3).text == "(")
	case after.text == "[" && name.kind == 's' && l.at(i+3).text == "]":
		if _, _, ok := attribute.CutTag(strings.TrimLeft(name.text, "/*(")); !ok && !strings.HasPrefix(name.text, "(") {
			l.add(finding.Error, name.at, "Data[\""+name.text+"\"] names no element: it reads nil, and nothing is written", suggestKeyword(name.text))
		}
	}
}

// defined tells whether the chunk gives a name a value of its own: by an
// assignment, as a local one or as a parameter.
func (l *luaCheck) defined(name string) bool {
	for i, t := range l.tokens {
		if t.kind != 'n' || t.text != name || l.at(i-1).text == "." || l.at(i-1).text == ":" {
			continue
		}
		if l.at(i+1).text == "=" {
			return true
		}
		first := i - 1
		for l.at(first).text == "," && l.at(first-1).kind == 'n' {
			first -= 2
		}
		switch l.at(first).text {
		case "local", "for":
			return true
		case "(":
			if l.at(first-1).text == "function" || l.at(first-2).text == "function" {
				return true
			}
		}
	}
	return false
}

var objectMethods = sync.OnceValue(func() []string {
	_, methods, _ := luabind.Names()
	return append(methods, "Storage")
})

// element checks Data.NAME.
func (l *luaCheck) element(name token, called bool) {
	if called || slices.Contains(objectMethods(), name.text) {
		return
	}
	if _, ok := dicom.CurrentDictionary().Tag(name.text); !ok {
		l.add(finding.Error, name.at, "Data."+name.text+" names no element: it reads nil, and nothing is written", suggestKeyword(name.text))
	}
}

// suggestKeyword is the keyword of the dictionary that a name was meant for.
func suggestKeyword(name string) string {
	if k := nearestKeyword(name); k != "" {
		return "did you mean " + k + "?"
	}
	return "write gggg,eeee or a keyword of the dictionary, with its capitals"
}

func nearestKeyword(name string) string {
	var words []string
	for _, e := range dicom.CurrentDictionary().All() {
		words = append(words, e.Keyword)
	}
	best, distance := finding.Nearest(name, words)
	if distance > finding.TypoLimit(name) {
		return ""
	}
	return best
}

// calls checks a call of a function of the server with a literal argument.
func (l *luaCheck) calls(i int) {
	t := l.tokens[i]
	if t.kind != 'n' || l.at(i-1).text == ":" {
		return
	}
	arg, next := l.at(i+1), l.at(i+2)
	if arg.text == "(" && arg.kind == '(' {
		arg, next = l.at(i+2), l.at(i+3)
	}
	switch t.text {
	case "script":
		if arg.kind == 's' && next.text != ".." && l.at(i-1).text != "." {
			l.script(arg)
		}
	case "dofile", "loadfile":
		l.file(i, arg, next)
	case "require":
		if arg.kind == 's' && next.text != ".." {
			l.module(arg)
		}
	}
}

// script checks a line of commands in a chunk.
func (l *luaCheck) script(line token) {
	for _, f := range l.Checker.CheckScript("script", unescaped(line.text)) {
		f.Message = "in script(): " + f.Message
		f.Offset = line.at + min(f.Offset, len(line.text))
		l.found = append(l.found, f)
	}
}

// unescaped is the text of a simple string; the places of bytes stay.
func unescaped(s string) string {
	return strings.NewReplacer(`\"`, ` "`, `\'`, ` '`, `\\`, `\ `).Replace(s)
}

// file checks dofile("name") and dofile(Global.basedir.."name").
func (l *luaCheck) file(i int, arg, next token) {
	name, beside := arg, false
	if arg.text == "Global" && l.at(i+4).text == "basedir" && l.at(i+5).text == ".." {
		name, next, beside = l.at(i+6), l.at(i+7), true
	}
	if name.kind != 's' || next.text == ".." || name.text == "" {
		return
	}
	path := filepath.FromSlash(name.text)
	if beside {
		path = filepath.Join(l.cfg.BaseDir(), path)
	}
	if !storage.Exists(path) {
		l.add(finding.Error, name.at, "there is no file "+path, "write the path from the folder in which the server starts, or Global.basedir..'FILE' for one beside dicom.ini")
	}
}

var builtinModules = sync.OnceValue(func() []string {
	_, _, modules := luabind.Names()
	return append(modules, "string", "table", "math", "coroutine", "package", "io", "os", "debug", "_G")
})

// module checks require("name").
func (l *luaCheck) module(name token) {
	if slices.Contains(builtinModules(), name.text) {
		return
	}
	file := strings.ReplaceAll(name.text, ".", string(filepath.Separator))
	folders := []string{".", "lua", l.cfg.BaseDir(), filepath.Join(l.cfg.BaseDir(), "lua")}
	for _, dir := range append(folders, luaPath()...) {
		for _, candidate := range []string{dir + "/" + file + ".lua", dir + "/" + file + "/init.lua"} {
			if storage.Exists(candidate) {
				return
			}
		}
	}
	if slices.ContainsFunc(l.tokens, func(t token) bool { return t.kind == 'n' && t.text == "path" }) {
		return // the chunk changes where modules are looked for
	}
	l.add(finding.Error, name.at, "module "+name.text+" is not built in, and there is no Lua file for it in lua beside dicom.ini; modules in C can not be loaded", "put "+file+".lua there")
}

// luaPath are the folders of LUA_PATH.
func luaPath() []string {
	var dirs []string
	for _, pattern := range strings.Split(os.Getenv("LUA_PATH"), ";") {
		if dir, ok := strings.CutSuffix(pattern, "/?.lua"); ok {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}
