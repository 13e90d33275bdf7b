package rules

import "conquest/scripting"

// Trace sees every decision of a run: which converters were looked at and why
// they ran or not, and their statements.
type Trace interface {
	scripting.Trace
	Converter(d Decision)
}

// Decision is why a converter ran or did not run.
type Decision struct {
	Name  string // key, e.g. "ImportConverter0"
	Text  string
	Line  int // in dicom.ini, 0 when unknown
	Lua   bool
	Tests []Test // filters in order, up to the first that failed
	Runs  bool
	Why   string // when it does not run
}

// Test is one filter of a converter.
type Test struct {
	Key     string // e.g. "ImportModality0"
	Value   string
	Pattern string
	Passed  bool
}
