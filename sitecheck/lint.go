package sitecheck

import (
	"fmt"
	"os"
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
	if text, err := os.ReadFile(cfg.KFactorFile); err == nil {
		in.SchemaText = text
	}
	return dicomini.Lint(in)
}

// Lint looks for mistakes in a site's configuration without opening its database
// or writing anything. The dictionary of the site is in use from then on.
func Lint(cfg *dicomini.Config) ([]finding.Finding, error) {
	aes, _, err := cfg.ReadAEMap()
	if err != nil {
		return nil, err
	}
	_ = dicom.UseDictionaryFile(cfg.Dictionary) // a bad one is told at start; the built-in one serves
	return Findings(cfg, aes, dicomini.NewSOPStore(cfg.SOPClassList).Current()), nil
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
		list = append(list, c.syntax(m.Text, m.Offset)...)
	}
	for _, m := range scripting.Calls(text, d) {
		list = append(list, c.called(m)...)
	}
	return append(list, c.files(text)...)
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
	return append(c.files(chunk), c.syntax(chunk, offset)...)
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
		}
	}
	return list
}
