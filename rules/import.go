package rules

import (
	"context"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/scripting"
)

// maxImportConverters bounds ImportConverters: codes from 1000 on mean hooks.
const maxImportConverters = 1000

// ImportCount is the number of import converters that run: 0 up to it-1.
func ImportCount(cfg Config) int {
	return max(0, min(cfg.Int(cfg.Main(), "ImportConverters", 99), maxImportConverters))
}

// Import runs the import converters on a received object, in the order of their
// numbers, until one destroys or rejects it. Modality, station name and SOP are
// read from the object before the first one, for filters and %m %s %o.
func (e *Engine) Import(ctx context.Context, cfg Config, q Request) Outcome {
	list := cfg.Converters(scripting.Import.Name())
	if len(list) == 0 {
		return Outcome{}
	}
	received := &scripting.Received{
		Modality:    q.Object.String(dicom.Modality),
		StationName: q.Object.String(dicom.StationName),
		SOP:         q.Object.String(dicom.SOPInstanceUID),
	}
	q.vars = orNobody(q.Caller).Vars()
	if q.vars == nil {
		q.vars = &scripting.Vars{}
	}
	copies := &scripting.Copies{}
	q.copies = copies
	total, count := Outcome{}, ImportCount(cfg)
	for _, v := range list {
		if v.N >= count {
			e.trace(q.Trace, v, nil, "its number is not below ImportConverters ("+strconv.Itoa(count)+")")
			continue
		}
		out := e.run(ctx, cfg, scripting.Import, v.N, q, received)
		if !out.Ran {
			continue
		}
		total.Ran, total.Code, total.Action = true, out.Code, actionFor(scripting.Import, out.Code)
		if out.Storage != "" {
			total.Storage = out.Storage
		}
		if a := e.failed(cfg, v, copies.Failure); a != Keep {
			total.Action, total.Failure, total.Converter = a, copies.Failure, nameOf(v)
		}
		copies.Failure = ""
		if total.Action != Keep {
			break
		}
	}
	total.Waiting, total.Unkept = copies.Waiting > 0, copies.Unkept
	return total
}

// Hook runs converter n of a kind other than import and export. Query,
// WorkListQuery, Retrieve, QueryResult, ModalityWorkListQueryResult and Regen
// heed Destroy; MergeSeries, MergeStudies, Archive and MoveDevice heed Destroy
// and Reject; RejectedImage and RejectedImageWorkList heed Retry; the action is
// already Keep where a kind does not heed it.
func (e *Engine) Hook(ctx context.Context, cfg Config, kind scripting.Kind, n int, q Request) Outcome {
	var received *scripting.Received
	if kind == scripting.Retrieve || kind == scripting.RetrieveResult {
		received = &scripting.Received{Modality: scripting.Live, StationName: q.Destination, SOP: scripting.Live}
	}
	out := e.run(ctx, cfg, kind, n, q, received)
	out.Action = actionFor(kind, out.Code)
	return out
}

// Script runs a script text given by a command or a queue entry (modifyimage,
// merge ...). A text whose leading number is above 1000 means the converter with
// that code instead, e.g. "1700". Destroy and Reject are heeded.
func (e *Engine) Script(ctx context.Context, cfg Config, text string, q Request) Outcome {
	if code := dicomini.Atoi(text); code > 1000 {
		kind, n := scripting.KindOf(code)
		out := e.run(ctx, cfg, kind, n, q, nil)
		out.Action = actionFor(scripting.Archive, out.Code)
		return out
	}
	r, out := e.newRun(q), Outcome{Ran: true}
	r.N, r.Storage = -1, &out.Storage
	out.Code = r.Import(ctx, text)
	out.Action = actionFor(scripting.Archive, out.Code)
	return out
}

// run runs one converter if it is configured and its filters pass.
func (e *Engine) run(ctx context.Context, cfg Config, kind scripting.Kind, n int, q Request, received *scripting.Received) Outcome {
	v, ok := cfg.Converter(kind.Name(), n)
	if !ok {
		return Outcome{}
	}
	filters := hookFilters(v, q, received)
	if !e.passes(q.Trace, v, filters) {
		return Outcome{}
	}
	defer e.runs.begin(nameOf(v))()
	r, out := e.newRun(q), Outcome{Ran: true}
	r.Kind, r.N, r.Received, r.Storage = kind, n, received, &out.Storage
	if v.Lua {
		out.Code = r.Env.Lua(ctx, r, scripting.LuaChunk{Text: v.Text, Start: scripting.Done})
	} else {
		out.Code = r.Import(ctx, v.Text)
	}
	out.Storage = strings.TrimSpace(out.Storage)
	return out
}

func (e *Engine) newRun(q Request) *scripting.Run {
	c := orNobody(q.Caller)
	r := &scripting.Run{Env: e.Env(c), Cache: e.Cache, Object: q.Object, Command: q.Command,
		Calling: c.Calling(), Called: c.Called(), Thread: c.Thread(), Vars: c.Vars(), Copies: q.copies}
	if q.vars != nil {
		r.Vars = q.vars
	}
	if q.Trace != nil {
		r.Trace = q.Trace
	}
	return r
}

// Value is the value of an item such as %V0010,0010 for the object, and the length
// of its text (docs/original/scripting.md 3.3).
func (e *Engine) Value(ctx context.Context, q Request, spec string) (text string, n int) {
	r := e.newRun(q)
	r.N = -1
	return scripting.Value(ctx, r, spec)
}

// actionFor is what a result code means for a kind of converter
// (docs/original/scripting.md 1.2).
func actionFor(kind scripting.Kind, code scripting.Code) Action {
	switch kind {
	case scripting.Import, scripting.MergeSeries, scripting.MergeStudies, scripting.Archive, scripting.MoveDevice:
		switch code {
		case scripting.Destroy:
			return Destroy
		case scripting.Reject:
			return Reject
		}
	case scripting.Query, scripting.WorkListQuery, scripting.Retrieve, scripting.QueryResult,
		scripting.ModalityWorkListQueryResult, scripting.Regen:
		if code == scripting.Destroy {
			return Destroy
		}
	case scripting.RejectedImage, scripting.RejectedImageWorkList:
		if code == scripting.Retry {
			return Retry
		}
	case scripting.Export:
		switch code {
		case scripting.Defer:
			return Defer
		case scripting.Retry:
			return Retry
		}
	}
	return Keep
}
