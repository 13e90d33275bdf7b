package sitecheck

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/finding"
	"conquest/lua"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// Findings are the mistakes in a configuration, its lists and the scripts it
// names.
func Findings(cfg *dicomini.Config, aes *dicomini.AEMap, sops *dicomini.SOPList) []finding.Finding {
	c := &scriptChecker{cfg: cfg}
	c.Known = c.knownScript
	in := dicomini.LintInput{Config: cfg, Scripts: c, AEMap: aes, SOPList: sops}
	webs := &dicomini.WebMap{}
	if webs.Reload(cfg.WebMapFile()) == nil { // a bad one is told at start
		in.WebMap = webs
	}
	if text, err := os.ReadFile(cfg.KFactorFile); err == nil {
		in.SchemaText = text
	}
	return append(dicomini.Lint(in), accessFindings(cfg)...)
}

// Lint looks for mistakes in a site's configuration and in what it needs around
// it, without opening its index or writing anything. The dictionary of the site is
// in use from then on.
func Lint(ctx context.Context, cfg *dicomini.Config) ([]finding.Finding, error) {
	aes, _, err := cfg.ReadAEMap()
	if err != nil {
		return nil, err
	}
	_ = dicom.UseDictionaryFile(cfg.Dictionary) // a bad one is told at start; the built-in one serves
	s := &surroundings{cfg: cfg, aes: aes}
	return append(Findings(cfg, aes, dicomini.NewSOPStore(cfg.SOPClassList).Current()), s.look(ctx)...), nil
}

// Rules is the number of rules of a site: converters, hooks and [scripts].
func Rules(cfg *dicomini.Config) int {
	n := len(cfg.File().Section("scripts"))
	for _, kind := range dicomini.ConverterKinds {
		n += len(cfg.Converters(kind))
	}
	for _, e := range cfg.File().Section("lua") {
		if e.Value != "" && !strings.Contains(strings.ToLower(e.Key), "converter") {
			n++
		}
	}
	return n
}

// scriptChecker adds the syntax of Lua to what the rules know of scripts.
type scriptChecker struct {
	rules.Checker
	cfg *dicomini.Config
}

// knownScript tells whether a statement that is no command names an entry of
// [scripts] or a file.
func (c *scriptChecker) knownScript(statement string) bool {
	if _, ok := c.cfg.Get("scripts", statement); ok {
		return true
	}
	name, _, _ := strings.Cut(statement, "(")
	name = strings.TrimSpace(name)
	return name != "" && (storage.Exists(name) || storage.Exists(filepath.Join(c.cfg.BaseDir(), name)))
}

var luaNames = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([\w./\\-]+\.lua)\b`) })

// CheckScript reports what cannot work in a text.
func (c *scriptChecker) CheckScript(kind, text string) []dicomini.ScriptFinding {
	if strings.EqualFold(kind, "lua") {
		return c.lua(text, 0)
	}
	list := c.Checker.CheckScript(kind, text)
	d := dialectOf(kind)
	for _, m := range scripting.Chunks(text, d) {
		list = append(list, c.lua(m.Text, m.Offset)...)
	}
	for _, m := range scripting.Calls(text, d) {
		list = append(list, c.called(m)...)
	}
	list = append(list, c.programs(kind, text)...)
	return append(list, c.files(text)...)
}

// Destinations adds those of script() in Lua.
func (c *scriptChecker) Destinations(kind, text string) []dicomini.ScriptDestination {
	if !strings.EqualFold(kind, "lua") {
		return c.Checker.Destinations(kind, text)
	}
	var list []dicomini.ScriptDestination
	for _, line := range scriptLines(text) {
		for _, d := range c.Checker.Destinations("script", unescaped(line.text)) {
			d.Offset += line.at
			list = append(list, d)
		}
	}
	return list
}

// scriptLines are the lines of commands that a chunk runs by script().
func scriptLines(chunk string) []token {
	var list []token
	l := luaCheck{tokens: tokens(chunk)}
	for i, t := range l.tokens {
		arg, next := l.at(i+1), l.at(i+2)
		if arg.kind == '(' {
			arg, next = l.at(i+2), l.at(i+3)
		}
		if t.kind == 'n' && t.text == "script" && arg.kind == 's' && next.text != ".." {
			list = append(list, arg)
		}
	}
	return list
}

// Effects adds what Lua does.
func (c *scriptChecker) Effects(kind, text string) dicomini.ScriptEffects {
	if !strings.EqualFold(kind, "lua") {
		return c.Checker.Effects(kind, text)
	}
	var e dicomini.ScriptEffects
	l := luaCheck{tokens: tokens(text)}
	if len(l.tokens) >= 3 && l.at(0).text == "destroy" && l.at(1).text == "(" && l.at(2).text == ")" && (len(l.tokens) == 3 || l.at(3).text == ";") {
		e.Drops = dicomini.ScriptMention{Text: "destroy()", Offset: l.at(0).at}
	}
	for i, t := range l.tokens {
		e.Guarded = e.Guarded || t.text == "if"
		name := l.at(i + 2).text
		e.Identity = e.Identity || t.text == "Data" && l.at(i+1).text == "." && l.at(i+3).text == "=" && identities[name]
	}
	for _, line := range scriptLines(text) {
		inner := c.Checker.Effects("script", unescaped(line.text))
		e.Identity = e.Identity || inner.Identity
		for _, code := range inner.Codes {
			code.Offset += line.at
			e.Codes = append(e.Codes, code)
		}
	}
	return e
}

var identities = map[string]bool{"PatientName": true, "PatientID": true, "PatientBirthDate": true, "AccessionNumber": true,
	"StudyInstanceUID": true, "SeriesInstanceUID": true, "SOPInstanceUID": true}

// shellWords begin commands of a shell without being programs.
var shellWords = map[string]bool{"cd": true, "echo": true, "test": true, "[": true, "if": true, "for": true, "while": true, "case": true, "exit": true,
	"export": true, "set": true, "true": true, "false": true, ":": true, ".": true, "eval": true, "exec": true, "read": true, "umask": true, "wait": true, "{": true,
	"copy": true, "del": true, "move": true, "type": true, "start": true, "call": true, "md": true, "mkdir": true, "rd": true, "ren": true, "rem": true}

// programs checks that the programs of a text are there.
func (c *scriptChecker) programs(kind, text string) []dicomini.ScriptFinding {
	var list []dicomini.ScriptFinding
	for _, m := range scripting.EffectsOf(text, dialectOf(kind)).Programs {
		if shellWords[strings.ToLower(m.Text)] || strings.ContainsAny(m.Text, "=$`*?'\"") {
			continue
		}
		if _, err := exec.LookPath(m.Text); err == nil || storage.Exists(m.Text) && strings.ContainsAny(m.Text, `/\`) {
			continue
		}
		fix := "write its whole path"
		if strings.ContainsAny(m.Text, `/\`) {
			fix = "correct the path, and make it executable"
		}
		list = append(list, dicomini.ScriptFinding{Severity: finding.Error, Offset: m.Offset, Message: "there is no program " + m.Text, Fix: fix})
	}
	return list
}

func dialectOf(kind string) scripting.Dialect {
	if strings.EqualFold(kind, scripting.Export.Name()) {
		return scripting.ExportDialect
	}
	return scripting.ImportDialect
}

// called checks the lines of a text script that is called, with the place in its
// file; entries of [scripts] have lines of their own.
func (c *scriptChecker) called(m scripting.Mention) []dicomini.ScriptFinding {
	if _, ok := c.cfg.Get("scripts", m.Text); ok || strings.Contains(strings.ToLower(m.Text), ".lua") {
		return nil
	}
	content, err := os.ReadFile(m.Text)
	if err != nil {
		content, err = os.ReadFile(filepath.Join(c.cfg.BaseDir(), m.Text))
	}
	if err != nil {
		return nil // what is no command and no file either is reported as such
	}
	var list []dicomini.ScriptFinding
	n := 0
	for line := range strings.Lines(string(content)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		for _, f := range c.Checker.CheckScript("script", line) {
			f.Message = fmt.Sprintf("script %s, line %d, column %d: %s", m.Text, n, f.Offset+1, f.Message)
			f.Offset = m.Offset
			list = append(list, f)
		}
	}
	return list
}

// lua checks a chunk that stands at offset in its text.
func (c *scriptChecker) lua(chunk string, offset int) []dicomini.ScriptFinding {
	if bad := c.syntax(chunk, offset); len(bad) > 0 {
		return bad
	}
	list := append(c.files(chunk), c.luaMistakes(chunk)...)
	for i := range list {
		list[i].Offset += offset
	}
	return list
}

func (c *scriptChecker) syntax(chunk string, offset int) []dicomini.ScriptFinding {
	err := lua.Check(chunk)
	if err == nil {
		return nil
	}
	at := offset
	if err.Line == 1 && err.Column > 0 {
		at += min(err.Column-1, len(chunk))
	}
	return []dicomini.ScriptFinding{{Severity: finding.Error, Offset: at, Message: "Lua does not parse: " + err.Message}}
}

// files checks the Lua files that a text names and that are there.
func (c *scriptChecker) files(text string) []dicomini.ScriptFinding {
	var list []dicomini.ScriptFinding
	for _, m := range luaNames().FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		content, err := os.ReadFile(name)
		if err != nil {
			content, err = os.ReadFile(filepath.Join(c.cfg.BaseDir(), name))
		}
		if err != nil {
			continue
		}
		if bad := lua.Check(string(content)); bad != nil {
			list = append(list, dicomini.ScriptFinding{
				Severity: finding.Error, Offset: m[2],
				Message: fmt.Sprintf("Lua file %s does not parse: %v", name, bad),
			})
			continue
		}
		for _, f := range c.luaMistakes(string(content)) {
			line := 1 + strings.Count(string(content[:min(f.Offset, len(content))]), "\n")
			f.Message, f.Offset = fmt.Sprintf("Lua file %s, line %d: %s", name, line, f.Message), m[2]
			list = append(list, f)
		}
	}
	return list
}
