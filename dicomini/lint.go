package dicomini

import (
	"fmt"
	"strings"

	"conquest/finding"
)

// ScriptFinding is a remark about the text of one converter.
type ScriptFinding struct {
	Severity finding.Severity
	Offset   int // byte in the text, from 0
	Message  string
	Fix      string
}

// ScriptChecker looks into converter texts; the script rooms implement it.
// kind is a name of ConverterKinds for the command language, "lua" for Lua
// chunks and "script" for entries of [scripts].
type ScriptChecker interface {
	CheckScript(kind string, text string) []ScriptFinding
}

// ScriptDestinations is a ScriptChecker that knows which AEs a text sends to;
// without it a plain search for "forward ... to AE" is made. Names with % items
// must be left out.
type ScriptDestinations interface {
	Destinations(kind string, text string) []ScriptDestination
}

// ScriptDestination is an AE title at a byte offset of a converter text.
type ScriptDestination struct {
	AE     string
	Offset int
}

// ScriptReader is a ScriptChecker that knows what a text does.
type ScriptReader interface {
	Effects(kind string, text string) ScriptEffects
}

// ScriptEffects is what the text of a converter does and names.
type ScriptEffects struct {
	Drops    ScriptMention   // the command that throws every object away; "" for none
	Guarded  bool            // has conditions
	Identity bool            // changes names or IDs
	Codes    []ScriptMention // compressions
}

// ScriptMention is a word at a byte offset of a text.
type ScriptMention struct {
	Text   string
	Offset int
}

// LintInput is what Lint looks at; nil parts are left out.
type LintInput struct {
	Config     *Config
	Scripts    ScriptChecker
	AEMap      *AEMap
	WebMap     *WebMap // dicomweb.map
	SOPList    *SOPList
	SchemaText []byte // the text of dicom.sql
}

// Lint looks for mistakes that the server would pass over in silence. The
// findings are in the order dicom.ini, acrnema.map, dgatesop.lst, dicom.sql,
// and by line.
func Lint(in LintInput) []finding.Finding {
	var all []finding.Finding
	if in.Config != nil {
		l := newLinter(in.Config.file.path)
		l.lintIni(in)
		all = append(all, l.sorted()...)
	}
	name := func(pick func(*Config) string, def string) string {
		if in.Config == nil {
			return def
		}
		return pick(in.Config)
	}
	if in.AEMap != nil {
		l := newLinter(name(func(c *Config) string { return c.ACRNemaMap }, "acrnema.map"))
		l.lintAEMap(in)
		all = append(all, l.sorted()...)
	}
	if in.WebMap != nil && in.Config != nil {
		l := newLinter(in.Config.WebMapFile())
		l.lintWebMap(in.WebMap)
		all = append(all, l.sorted()...)
	}
	if in.SOPList != nil {
		l := newLinter(name(func(c *Config) string { return c.SOPClassList }, "dgatesop.lst"))
		l.lintSOPList(in)
		all = append(all, l.sorted()...)
	}
	if in.SchemaText != nil {
		l := newLinter(name(func(c *Config) string { return c.KFactorFile }, "dicom.sql"))
		l.lintSchema(in)
		all = append(all, l.sorted()...)
	}
	return all
}

// linter collects the findings of one file.
type linter struct {
	file        string
	web         bool // of a CGI folder
	failureSaid bool
	written     map[int]string // keys by their lines, as they are written
	findings    []finding.Finding
}

func newLinter(file string) *linter { return &linter{file: file} }

func (l *linter) add(sev finding.Severity, line int, key, fix, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if written := l.written[line]; written != key && lower(written) == lower(key) {
		key, message = written, strings.ReplaceAll(message, key, written)
	}
	l.findings = append(l.findings, finding.Finding{Severity: sev, File: l.file, Line: line, Key: key, Message: message, Fix: fix})
}

// at adds a finding about a column of a line; the column is told in the message.
func (l *linter) at(sev finding.Severity, line, column int, key, fix, format string, args ...any) {
	l.add(sev, line, key, fix, "%s, column %d: "+format, append([]any{key, column}, args...)...)
	l.findings[len(l.findings)-1].Column = column
}

func (l *linter) sorted() []finding.Finding {
	finding.Sort(l.findings)
	return l.findings
}

func (l *linter) lintIni(in LintInput) {
	l.written = make(map[int]string)
	for _, e := range in.Config.file.entries {
		l.written[e.Line] = e.Key
	}
	_, web := in.Config.Get(in.Config.main, "WebServerFor")
	_, stores := in.Config.Get(in.Config.main, "MAGDevice0")
	l.web = web && !stores
	l.lintLines(in.Config.file)
	l.lintSections(in.Config)
	l.lintKeys(in.Config)
	l.lintValues(in.Config)
	l.lintConverters(in)
}
