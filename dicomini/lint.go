package dicomini

import "fmt"

// Severity grades a Finding.
type Severity int

// Severities in rising order.
const (
	Info Severity = iota
	Warning
	Error
)

// Finding is one remark of Lint.
type Finding struct {
	Severity Severity
	File     string
	Line     int // 0 when it concerns no line
	Column   int // 0 when unknown
	Key      string
	Message  string
	Fix      string // what to write instead; may be empty
}

// String is "file:line: message" (with " (fix)" when there is one).
func (f Finding) String() string {
	s := fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
	if f.Fix != "" {
		s += " (" + f.Fix + ")"
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
// kind is a name of ConverterKinds, "lua" for Lua chunks, "script" for [scripts].
type ScriptChecker interface {
	CheckScript(kind string, text string) []ScriptFinding
}

// LintInput is what Lint looks at; nil parts are left out.
type LintInput struct {
	Config  *Config
	Scripts ScriptChecker
	AEMap   *AEMap
	SOPList *SOPList
	// SchemaText is the text of dicom.sql; nil leaves it out.
	SchemaText []byte
}

// Lint looks for mistakes that the server would pass over in silence. The
// result is in the order of files and lines.
func Lint(in LintInput) []Finding { return nil }
