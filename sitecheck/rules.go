package sitecheck

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"conquest/dicomini"
	"conquest/finding"
)

// rulesThatRun says which converters and hooks of the site there are and run.
func (m *migration) rulesThatRun() {
	any := false
	for _, kind := range dicomini.ConverterKinds {
		list := m.cfg.Converters(kind)
		run := 0
		for _, c := range list {
			if m.runs(c) {
				run++
			}
		}
		if run > 0 {
			any = true
			m.say(finding.Hint, "%s: %s", kind+"Converter", numbered(run, "rule runs", "rules run"))
		}
	}
	for _, e := range m.cfg.File().Section("lua") {
		if !strings.Contains(strings.ToLower(e.Key), "converter") {
			any = true
			m.say(finding.Hint, "[lua] %s runs", e.Key)
		}
	}
	if !any {
		m.say(finding.Hint, "no converters and hooks")
	}
}

// runs tells whether the count of its kind reaches a converter.
func (m *migration) runs(c dicomini.Converter) bool {
	switch c.Kind {
	case "Import":
		return c.N < m.cfg.ImportConverters
	case "Export":
		return c.N < m.cfg.ExportConverters
	}
	return true
}

func numbered(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// difference is a deliberate difference that a converter line can meet.
type difference struct {
	kinds   string // of converters, parted by blanks; "" for all
	lua     bool   // looked for in Lua lines too
	in      func(text string) bool
	text    string
	heading string // in docs/differences.md
}

// knownDifferences are told for the lines they touch.
var knownDifferences = sync.OnceValue(func() []difference {
	return []difference{
		{"Import", false, matching(`(?i)\b(forward|prefetch|get|process)\s+(patient|study|series|image)\b.*;\s*destroy`),
			"the object stays until the delayed command has read it; the original threw it away first", "An object that is destroyed before its delayed forward"},
		{"Import", false, matching(`(?i)\b(forward\s+(to|compressed)|save\s+to)\b.*;\s*destroy`),
			"the object is refused, not lost, when it could not be forwarded or saved", "An object that could not be forwarded is not destroyed"},
		{"Import", false, matching(`(?i)\bset\s+[xyz]\s+to\b`),
			"%x, %y and %z hold text; the original kept a number and gave its bytes", "Variables are text"},
		{"Import", true, changesIdentity,
			"when the rule fails, the object is stored with its identity, as in the original; ScriptFailure = quarantine or reject keeps it out", "A converter that fails"},
		{"", false, doubledQuote,
			`"" inside a string stands for one quote; the original dropped it`, "Two quotes inside a string give one"},
		{"", false, matching(`(?i)\bsetifempty\b`),
			"to and if mean the same as in set; the original had them the other way round", "setifempty: to and if mean the same as in set"},
		{"", false, matching(`(?i)\b(newuids|olduids)\s+except\b`),
			"UIDs in the list stay as they are; the original changed them all the same", "newuids except takes UIDs"},
		{"", false, matching(`(?i)\b(system|process\s+with|process\b.*\bby|submit2)\b.*%`),
			"values of the object are quoted for the shell and stay one word; where that can not be, only harmless ones are let through", "Values of the object in shell commands"},
		{"QueryResult ModalityWorkListQueryResult", true, matching(`.`),
			"every record is converted; the original passed records over", "QueryResultConverter0 sees every record"},
		{"Export", true, matching(`(?i)\bnow\s*[-+]|\bage\s*[-+]`),
			"dates are real ones; the original was a month early or wrong near ends of months", "Dates of now and age"},
	}
})

// changesIdentity finds rules that change names or IDs of patients, or UIDs.
var changesIdentity = matching(`(?i)\b(newuids|olduids|newpatientid|anonymi[sz]e\w*)\b|\bset(if\w+)?\s+0010,?00[1-4]0|\bData\.Patient(Name|ID)\s*=`)

func matching(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }

// doubledQuote tells whether two quotes stand inside a string.
func doubledQuote(text string) bool {
	start := -1 // of the string
	for i := range len(text) {
		if text[i] != '"' {
			continue
		}
		again := i+1 < len(text) && text[i+1] == '"'
		switch {
		case start < 0:
			start = i
		case again:
			return true
		default:
			start = -1
		}
	}
	return false
}

// ruleDifferences says which lines meet a deliberate difference.
func (m *migration) ruleDifferences() {
	for _, kind := range dicomini.ConverterKinds {
		for _, c := range m.cfg.Converters(kind) {
			if !m.runs(c) {
				continue
			}
			for _, d := range knownDifferences() {
				if d.touches(c) {
					m.say(finding.Warning, "%s:%d: %s: %s (%q)", m.base.Path, c.Line, c.Key(), d.text, d.heading)
				}
			}
		}
	}
	if n := m.cfg.ImportConverters; n > 100 && len(m.cfg.Converters("Import")) > 0 {
		m.say(finding.Warning, "ImportConverters = %d: each number runs once; the original ran those from 0 again and none from 100", n)
	}
	for _, key := range []string{"MAGDeviceFullThreshold", "MAGDeviceThreshold", "IgnoreMAGDeviceThreshold", "NightlyCleanThreshold"} {
		if _, ok := m.cfg.MainGet(key); ok {
			m.say(finding.Warning, "%s counts now; the original did not know this spelling", key)
		}
	}
}

func (d difference) touches(c dicomini.Converter) bool {
	if d.kinds != "" && !strings.Contains(" "+d.kinds+" ", " "+c.Kind+" ") {
		return false
	}
	return (d.lua || !c.Lua) && d.in(c.Text)
}

// amount is a number of bytes in the unit that suits it.
func amount(size int64) string {
	units := []string{"bytes", "KB", "MB", "GB", "TB"}
	v, u := float64(size), 0
	for v >= 1024 && u < len(units)-1 {
		v, u = v/1024, u+1
	}
	if u == 0 || v >= 100 {
		return fmt.Sprintf("%.0f %s", v, units[u])
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
