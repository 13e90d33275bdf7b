package rules

import (
	"strconv"

	"conquest/dicomini"
	"conquest/scripting"
)

// hookFilters are the filters of a converter that runs on an object in memory:
// modality and station name only where the caller has them.
func hookFilters(v dicomini.Converter, q Request, received *scripting.Received) []Test {
	tests := make([]Test, 0, 4)
	add := func(name, value, pattern string) {
		tests = append(tests, Test{Key: filterKey(v, name), Value: value, Pattern: pattern})
	}
	if received != nil && received.Modality != scripting.Live {
		add("Modality", received.Modality, v.Modality)
	}
	if received != nil && received.StationName != scripting.Live {
		add("StationName", received.StationName, v.StationName)
	}
	add("CallingAE", orNobody(q.Caller).Calling(), v.CallingAE)
	add("CalledAE", orNobody(q.Caller).Called(), v.CalledAE)
	return tests
}

func filterKey(v dicomini.Converter, name string) string {
	return v.Kind + name + strconv.Itoa(v.N)
}

// passes tries the filters of a converter. One that is given but empty disables
// the converter; chunks of [lua] have no filters.
func (e *Engine) passes(t Trace, v dicomini.Converter, tests []Test) bool {
	if v.Lua {
		e.trace(t, v, nil, "")
		return true
	}
	for i := range tests {
		f := &tests[i]
		f.Passed = f.Pattern != "" && scripting.Match(f.Value, f.Pattern)
		if f.Passed {
			continue
		}
		why := f.Key + " does not match"
		if f.Pattern == "" {
			why = f.Key + " is empty, which disables the converter"
		}
		e.trace(t, v, tests[:i+1], why)
		return false
	}
	e.trace(t, v, tests, "")
	return true
}

// trace tells what was decided; why is empty when the converter runs.
func (e *Engine) trace(t Trace, v dicomini.Converter, tests []Test, why string) {
	if t == nil {
		return
	}
	t.Converter(Decision{Name: v.Key(), Text: v.Text, Line: v.Line, Lua: v.Lua, Tests: tests, Runs: why == "", Why: why})
}
