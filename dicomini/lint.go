package dicomini

import (
	"fmt"
	"sort"
)

// Severity grades a Finding.
type Severity int

// Severities in rising order.
const (
	Info    Severity = iota // worth knowing, nothing is wrong
	Warning                 // probably not what was meant
	Error                   // does not work, or loses data
)

// String is "info", "warning" or "error".
func (s Severity) String() string {
	if s < Info || s > Error {
		return "unknown"
	}
	return [...]string{"info", "warning", "error"}[s]
}

// Finding is one remark of Lint.
type Finding struct {
	Severity Severity
	File     string
	Line     int // 0 when it concerns no line
	Column   int // from 1, 0 when unknown
	Key      string
	Message  string
	Fix      string // what to do; may be empty
}

// String is one line "file:line: message", and the fix after a semicolon. A
// finding that concerns no line has no number.
func (f Finding) String() string {
	s := f.File
	if f.Line > 0 {
		s += fmt.Sprintf(":%d", f.Line)
	}
	s += ": " + f.Message
	if f.Fix != "" {
		s += "; " + f.Fix
	}
	return s
}

// ScriptFinding is a remark about the text of one converter.
type ScriptFinding struct {
	Severity Severity
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

// LintInput is what Lint looks at; nil parts are left out.
type LintInput struct {
	Config     *Config
	Scripts    ScriptChecker
	AEMap      *AEMap
	SOPList    *SOPList
	SchemaText []byte // the text of dicom.sql
}

// Lint looks for mistakes that the server would pass over in silence. The
// findings are in the order dicom.ini, acrnema.map, dgatesop.lst, dicom.sql,
// and by line.
func Lint(in LintInput) []Finding {
	var all []Finding
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
	file     string
	findings []Finding
}

func newLinter(file string) *linter { return &linter{file: file} }

func (l *linter) add(sev Severity, line int, key, fix, format string, args ...any) {
	l.findings = append(l.findings, Finding{Severity: sev, File: l.file, Line: line, Key: key,
		Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (l *linter) sorted() []Finding {
	sort.SliceStable(l.findings, func(i, j int) bool { return l.findings[i].Line < l.findings[j].Line })
	return l.findings
}

func (l *linter) lintIni(in LintInput) {
	l.lintLines(in.Config.file)
	l.lintSections(in.Config)
	l.lintKeys(in.Config)
	l.lintValues(in.Config)
	l.lintConverters(in)
}
