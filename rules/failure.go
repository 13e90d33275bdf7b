package rules

import (
	"strconv"
	"strings"

	"conquest/dicomini"
)

// failed is what ScriptFailureN, or else ScriptFailure, says about an object whose
// converter failed. Hooks and exports know no number of their own.
func (e *Engine) failed(cfg Config, v dicomini.Converter, failure string) Action {
	if failure == "" {
		return Keep
	}
	word := ""
	if v.Kind == "Import" {
		word, _ = cfg.Get(cfg.Main(), "ScriptFailure"+strconv.Itoa(v.N))
	}
	if word == "" {
		word, _ = cfg.Get(cfg.Main(), "ScriptFailure")
	}
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "reject":
		return Reject
	case "quarantine":
		return Quarantine
	}
	return Keep
}

// nameOf is the key of a converter.
func nameOf(v dicomini.Converter) string { return v.Kind + "Converter" + strconv.Itoa(v.N) }
