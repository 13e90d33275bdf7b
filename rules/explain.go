package rules

import (
	"context"
	"fmt"
	"strings"

	"conquest/dicom"
	"conquest/finding"
	"conquest/scripting"
)

// Placement tells where an object would be stored.
type Placement interface {
	// Place is the device and full file name for d; preferred is the device that
	// statement storage asked for, "" for none.
	Place(d *dicom.Dataset, preferred string) (device, file string, err error)
}

// Explain runs all import converters, and then all export converters, for an
// object that arrives from calling for called, without doing anything: it tells
// rule by rule what was compared with what, what fired, and what would have
// been done. d is not changed. place may be nil.
func (e *Engine) Explain(ctx context.Context, cfg Config, d *dicom.Dataset, calling, called string, place Placement) string {
	caller := &Party{CallingAE: calling, CalledAE: called, Variables: &scripting.Vars{}}
	dry := &scripting.DryRun{Lookup: e.Env(caller)}
	x := &explanation{dry: dry}
	lua := newLuaDry(x, cfg, e.Reading)
	defer lua.close()
	engine := &Engine{Env: func(Caller) scripting.Env { return lua }, Cache: e.Cache, Filter: e.Filter}
	x.printf("Object %s (%s %s) of patient %s, from %s to %s\n", d.String(dicom.SOPInstanceUID), d.String(dicom.Modality),
		d.String(dicom.StationName), d.String(dicom.PatientID), calling, called)
	now := d.Clone()
	out := engine.Import(ctx, cfg, Request{Object: now, Caller: caller, Trace: x})
	x.effects()
	if !out.Ran {
		x.printf("\nNo import converter runs.\n")
	}
	x.changes(d, now)
	if out.Action != Keep {
		x.printf("\nResult: %s. The object is not stored and no export converter runs.\n", outcomeText(out.Action))
		return x.b.String()
	}
	file := x.stored(now, out.Storage, place)
	dry.Stored = now
	lua.restart()
	for n := range ExportCount(cfg) {
		result := engine.Export(ctx, cfg, n, ExportJob{File: file, Modality: now.String(dicom.Modality),
			StationName: now.String(dicom.StationName), SOP: now.String(dicom.SOPInstanceUID), PatientID: now.String(dicom.PatientID),
			Calling: calling, Called: called, Caller: &Party{Variables: &scripting.Vars{}}, Trace: x})
		x.effects()
		if result.Action != Keep {
			x.printf("  result: the whole line runs again later (%s)\n", result.Action)
		}
	}
	if ExportCount(cfg) == 0 {
		x.printf("\nNo export converter runs: ExportConverters is 0.\n")
	}
	return x.b.String()
}

func outcomeText(a Action) string {
	if a == Reject {
		return "rejected, the sender gets a failure"
	}
	return "destroyed, the sender gets success"
}

// explanation is a Trace that writes text.
type explanation struct {
	b   strings.Builder
	dry *scripting.DryRun
}

func (x *explanation) printf(format string, args ...any) { fmt.Fprintf(&x.b, format, args...) }

// Converter writes why a converter runs or not.
func (x *explanation) Converter(d Decision) {
	x.effects()
	x.printf("\n%s", d.Name)
	if d.Line > 0 {
		x.printf(" (line %d)", d.Line)
	}
	if d.Runs {
		x.printf(" runs")
	} else {
		x.printf(" does not run: %s", d.Why)
	}
	x.printf("\n")
	for _, t := range d.Tests {
		if t.Pattern == "*" && t.Passed {
			continue
		}
		verb := "matches"
		if !t.Passed {
			verb = "does not match"
		}
		x.printf("  %s: %q %s %q\n", t.Key, t.Value, verb, t.Pattern)
	}
	if d.Lua && d.Runs {
		x.printf("  Lua: %s\n", d.Text)
	}
	if d.Runs && !d.Lua {
		x.remarks(d)
	}
}

// remarks are what is wrong with a text whatever the object is.
func (x *explanation) remarks(d Decision) {
	dialect := scripting.ImportDialect
	if strings.HasPrefix(d.Name, scripting.Export.Name()) {
		dialect = scripting.ExportDialect
	}
	for _, p := range scripting.Check(d.Text, dialect) {
		if p.Severity < finding.Warning || p.Unknown != "" {
			continue
		}
		x.printf("  ! %s", p.Message)
		if p.Fix != "" {
			x.printf(" (%s)", p.Fix)
		}
		x.printf("\n")
	}
}

// Step writes one statement.
func (x *explanation) Step(s scripting.Step) {
	indent := strings.Repeat("  ", s.Depth+1)
	x.printf("%s.%d %s\n", indent, s.Part, oneLine(s.Source))
	indent += "   "
	if s.Text != "" && s.Text != s.Source {
		x.printf("%s= %s\n", indent, oneLine(s.Text))
	}
	switch {
	case s.Condition != nil:
		x.printf("%s%s: %s\n", indent, conditionText(s), truth(s.Condition.True))
	case s.Outcome != scripting.Executed:
		x.printf("%s%s\n", indent, s.Outcome)
	}
	if s.Detail != "" {
		x.printf("%s(%s)\n", indent, s.Detail)
	}
	x.effectsAt(indent)
}

func conditionText(s scripting.Step) string {
	if s.Command == "ifempty" || s.Command == "ifnotempty" {
		return fmt.Sprintf("%q", s.Condition.Left)
	}
	return fmt.Sprintf("%q and %q", s.Condition.Left, s.Condition.Right)
}

func truth(b bool) string {
	if b {
		return "true, goes on"
	}
	return "false, skips the next statement or block"
}

func oneLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(s)
}

func (x *explanation) effects() { x.effectsAt("   ") }

func (x *explanation) effectsAt(indent string) {
	for _, s := range x.dry.Effects() {
		x.printf("%s-> %s\n", indent, oneLine(s))
	}
}

// changes lists the top-level elements that the converters changed.
func (x *explanation) changes(was, now *dicom.Dataset) {
	first := true
	line := func(e *dicom.Element, text string) {
		if first {
			x.printf("\nChanged elements:\n")
			first = false
		}
		x.printf("  %s %s %s\n", e.Tag, dicom.CurrentDictionary().Keyword(e.Tag), text)
	}
	for e := range now.All() {
		old := was.Get(e.Tag)
		switch {
		case old == nil:
			line(e, fmt.Sprintf("added: %q", valueText(now, e)))
		case valueText(was, old) != valueText(now, e):
			line(e, fmt.Sprintf("was %q, is %q", valueText(was, old), valueText(now, e)))
		}
	}
	for e := range was.All() {
		if !now.Has(e.Tag) {
			line(e, "removed")
		}
	}
}

func valueText(d *dicom.Dataset, e *dicom.Element) string {
	if e.IsSequence() {
		return fmt.Sprintf("sequence of %d items", len(e.Items))
	}
	if n, ok := d.Int(e.Tag); ok && !e.VR.IsText() {
		return fmt.Sprint(n)
	}
	s := e.String()
	if len(s) > 64 {
		s = s[:64] + "..."
	}
	return s
}

// stored writes where the object goes and gives its file name.
func (x *explanation) stored(d *dicom.Dataset, preferred string, place Placement) string {
	if place == nil {
		x.printf("\nResult: stored.\n")
		return "FILE"
	}
	device, file, err := place.Place(d, preferred)
	if err != nil {
		x.printf("\nResult: stored, but no place can be told: %v.\n", err)
		return "FILE"
	}
	x.printf("\nResult: stored on %s as %s\n", device, file)
	return file
}
