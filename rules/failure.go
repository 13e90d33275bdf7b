package rules

import (
	"strconv"
	"strings"

	"conquest/dicomini"
	"conquest/scripting"
)

// failed is what becomes of an object whose converter may have failed.
func (e *Engine) failed(cfg Config, v dicomini.Converter, failure string) Action {
	if failure == "" {
		return Keep
	}
	if e.Erred != nil {
		e.Erred(nameOf(v))
	}
	return OnFailure(cfg, v.Kind == scripting.Import.Name(), v.N)
}

// OnFailure is what ScriptFailureN, or else ScriptFailure, says about an object
// whose converter failed: Keep, Reject or Quarantine. Only import converters have a
// number of their own.
func OnFailure(cfg Config, imports bool, n int) Action {
	word := ""
	if imports {
		word, _ = cfg.Get(cfg.Main(), "ScriptFailure"+strconv.Itoa(n))
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
