// Package finding is what lint, the check of a site and the doctor say: one kind
// of remark, with its severity, place and cure.
package finding

import (
	"fmt"
	"slices"
)

// Severity grades a [Finding].
type Severity int

// Severities in rising order.
const (
	Hint    Severity = iota // worth knowing, nothing is wrong
	Warning                 // probably not what was meant
	Error                   // does not work, or loses data
)

// String is "hint", "warning" or "error".
func (s Severity) String() string {
	if s < Hint || s > Error {
		return "unknown"
	}
	return [...]string{"hint", "warning", "error"}[s]
}

// MarshalText is the name of the severity.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one remark.
type Finding struct {
	Severity Severity `json:"severity"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`   // 0 when it concerns no line
	Column   int      `json:"column,omitempty"` // from 1, 0 when unknown
	Key      string   `json:"key,omitempty"`    // as it is written
	Message  string   `json:"message"`          // what is there, and what it does now
	Fix      string   `json:"fix,omitempty"`    // what to do; may be empty
}

// String is one line "file:line: message", and the fix after a semicolon. A
// finding that concerns no line has no number, one that concerns no file no name.
func (f Finding) String() string {
	s := f.File
	if f.Line > 0 {
		s += fmt.Sprintf(":%d", f.Line)
	}
	if s != "" {
		s += ": "
	}
	s += f.Message
	if f.Fix != "" {
		s += "; " + f.Fix
	}
	return s
}

// Worst is the gravest severity of findings, Hint when there are none.
func Worst(list []Finding) Severity {
	worst := Hint
	for _, f := range list {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Count is the number of findings of a severity.
func Count(list []Finding, s Severity) int {
	n := 0
	for _, f := range list {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Sort puts findings of one file in the order of their lines.
func Sort(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int { return a.Line - b.Line })
}
