package witness

import (
	"strings"

	"conquest/proof/record"
	"conquest/rules"
	"conquest/scripting"
)

// Bounds of what is kept about one object.
const (
	maxLines = 200
	maxLine  = 500
)

// trace collects what converters do with one object.
type trace struct {
	list  []record.Rule
	lines int
}

// Converter is a [rules.Trace].
func (t *trace) Converter(d rules.Decision) {
	r := record.Rule{Name: d.Name, Runs: d.Runs}
	if !d.Runs {
		r.Lines = []string{cut("does not run: " + d.Why)}
	}
	t.list = append(t.list, r)
}

// Step is a [scripting.Trace].
func (t *trace) Step(s scripting.Step) {
	if s.Outcome == scripting.NotRun || s.Outcome == scripting.InBlock {
		return
	}
	if t.lines++; t.lines > maxLines {
		return
	}
	if len(t.list) == 0 || !strings.EqualFold(t.list[len(t.list)-1].Name, s.Converter) {
		t.list = append(t.list, record.Rule{Name: s.Converter, Runs: true})
	}
	text := s.Text
	if text == "" {
		text = s.Source
	}
	line := text + ": " + s.Outcome.String()
	if s.Detail != "" {
		line += ", " + s.Detail
	}
	r := &t.list[len(t.list)-1]
	r.Lines = append(r.Lines, cut(line))
}

func cut(s string) string {
	if len(s) > maxLine {
		return s[:maxLine] + "..."
	}
	return s
}

func rulesOf(t rules.Trace) []record.Rule {
	if t, ok := t.(*trace); ok {
		return t.list
	}
	return nil
}
