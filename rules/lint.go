package rules

import (
	"conquest/dicomini"
	"conquest/scripting"
)

// Checker looks into converter texts for dicomini's Lint.
type Checker struct {
	// Known tells whether a statement that is no command is the name of a
	// [scripts] entry or of a file; may be nil.
	Known func(statement string) bool
}

var (
	_ dicomini.ScriptChecker      = Checker{}
	_ dicomini.ScriptDestinations = Checker{}
	_ dicomini.ScriptReader       = Checker{}
)

// CheckScript reports what cannot work in a text of the command language.
func (c Checker) CheckScript(kind, text string) []dicomini.ScriptFinding {
	if kind == "lua" {
		return nil
	}
	var list []dicomini.ScriptFinding
	for _, p := range scripting.Check(text, dialectOf(kind)) {
		if p.Unknown != "" && c.Known != nil && c.Known(p.Unknown) {
			continue
		}
		list = append(list, dicomini.ScriptFinding{Severity: p.Severity, Offset: p.Offset, Message: p.Message, Fix: p.Fix})
	}
	return list
}

// Destinations are the AEs that a text of the command language names.
func (c Checker) Destinations(kind, text string) []dicomini.ScriptDestination {
	if kind == "lua" {
		return nil
	}
	var list []dicomini.ScriptDestination
	for _, t := range scripting.Targets(text, dialectOf(kind)) {
		list = append(list, dicomini.ScriptDestination{AE: t.Name, Offset: t.Offset})
	}
	return list
}

// Effects is what a text of the command language does.
func (c Checker) Effects(kind, text string) dicomini.ScriptEffects {
	if kind == "lua" {
		return dicomini.ScriptEffects{}
	}
	e := scripting.EffectsOf(text, dialectOf(kind))
	out := dicomini.ScriptEffects{Guarded: e.Guarded, Identity: e.Identity, Drops: dicomini.ScriptMention{Text: e.Drops, Offset: e.DropsOffset}}
	for _, m := range e.Codes {
		out.Codes = append(out.Codes, dicomini.ScriptMention(m))
	}
	return out
}

func dialectOf(kind string) scripting.Dialect {
	if kind == scripting.Export.Name() {
		return scripting.ExportDialect
	}
	return scripting.ImportDialect
}
