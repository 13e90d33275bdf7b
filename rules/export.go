package rules

import (
	"context"
	"strconv"

	"conquest/dicomini"
	"conquest/oplog"
	"conquest/scripting"
)

// MaxExportConverters is the highest useful value of ExportConverters.
const MaxExportConverters = 20

// ExportCount is the number of export converters that run: 0 up to it-1.
func ExportCount(cfg Config) int {
	return max(0, min(cfg.Int(cfg.Main(), "ExportConverters", 0), MaxExportConverters))
}

// ExportJob is one entry of an export queue.
type ExportJob struct {
	File        string // of the stored object
	Modality    string // as stored, like the following
	StationName string
	SOP         string
	PatientID   string
	Calling     string
	Called      string
	Caller      Caller // the queue; may be nil
	Trace       Trace
}

// Export runs export converter n on a stored file. The action is Keep, Retry or
// Defer.
func (e *Engine) Export(ctx context.Context, cfg Config, n int, j ExportJob) Outcome {
	v, ok := cfg.Converter(scripting.Export.Name(), n)
	if !ok {
		return Outcome{}
	}
	if count := ExportCount(cfg); n >= count {
		e.trace(j.Trace, v, nil, "its number is not below ExportConverters ("+strconv.Itoa(count)+")")
		return Outcome{}
	}
	if !e.exportPasses(ctx, v, j) {
		return Outcome{}
	}
	defer e.runs.begin(nameOf(v))()
	c := orNobody(j.Caller)
	r := &scripting.Run{Env: e.Env(c), Cache: e.Cache, Kind: scripting.Export, N: n, File: j.File,
		Calling: j.Calling, Called: j.Called, Vars: c.Vars(),
		Received: &scripting.Received{Modality: j.Modality, StationName: j.StationName, SOP: j.SOP, PatientID: j.PatientID}}
	if j.Trace != nil {
		r.Trace = j.Trace
	}
	out := Outcome{Ran: true}
	if v.Lua {
		out.Code = e.exportLua(ctx, r, v)
	} else {
		out.Code = r.Export(ctx, v.Text)
	}
	out.Action = actionFor(scripting.Export, out.Code)
	if c := r.Copies; c != nil {
		if out.Unkept = c.Unkept; c.Unkept != nil {
			out.Action = Retry
		}
		if out.Action == Keep && e.failed(cfg, v, c.Failure) != Keep {
			out.Failure, out.Converter = c.Failure, nameOf(v)
		}
	}
	return out
}

// exportPasses tries the filters, the one on the database last.
func (e *Engine) exportPasses(ctx context.Context, v dicomini.Converter, j ExportJob) bool {
	tests := []Test{
		{Key: filterKey(v, "Modality"), Value: j.Modality, Pattern: v.Modality},
		{Key: filterKey(v, "StationName"), Value: j.StationName, Pattern: v.StationName},
		{Key: filterKey(v, "CallingAE"), Value: j.Calling, Pattern: v.CallingAE},
		{Key: filterKey(v, "CalledAE"), Value: j.Called, Pattern: v.CalledAE},
	}
	if v.Lua || v.Filter != "" && v.Filter[0] == '*' {
		return e.passes(j.Trace, v, tests)
	}
	if !e.passes(nil, v, tests) {
		return e.passes(j.Trace, v, tests)
	}
	f := Test{Key: filterKey(v, "Filter"), Value: "image " + j.SOP, Pattern: v.Filter}
	why := f.Key + " selects no record of this object"
	if v.Filter == "" {
		why = f.Key + " is empty, which disables the converter"
	} else if e.Filter != nil {
		matched, err := e.Filter.MatchObject(ctx, v.Filter, j.SOP, j.PatientID)
		if f.Passed = matched && err == nil; f.Passed {
			why = ""
		} else if err != nil {
			why = f.Key + " cannot be evaluated: " + err.Error()
		}
	}
	e.trace(j.Trace, v, append(tests, f), why)
	return why == ""
}

// exportLua runs a chunk of [lua] on the stored object; only defer counts.
func (e *Engine) exportLua(ctx context.Context, r *scripting.Run, v dicomini.Converter) scripting.Code {
	d, err := r.Env.ReadObject(ctx, r.File)
	if err != nil {
		oplog.ExportNotLoaded(oplog.Lines(r.Env.Operator), r.N, r.File)
		return scripting.Done
	}
	r.Object = d
	code := r.Env.Lua(ctx, r, scripting.LuaChunk{Text: v.Text})
	if code != scripting.Defer {
		return scripting.Done
	}
	if r.Env.Debugging() {
		oplog.ExportDefers(oplog.Lines(r.Env.Debug), r.N)
	}
	return code
}
