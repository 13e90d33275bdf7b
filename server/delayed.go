package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"conquest/dicomini"
	"conquest/queue"
	"conquest/scripting"
)

// delayedWork is the queue of delayed commands: collected for a while, then
// carried out (spec/scripting.md 5.4, 5.5).
type delayedWork struct {
	collector *queue.Collector[scripting.Delayed]
	queue     *queue.Queue[scripting.Delayed]
	lua       luaSession
	vars      scripting.Vars
	prefetch  string // patient read last
}

// delayedRecordSize is the size of a record of DelayedFetchForwardFailuresPORT.
const delayedRecordSize = 1000

// field is a place of text in a delayed record.
type delayedField struct {
	offset, size int
	value        func(*scripting.Delayed) *string
}

var delayedFields = []delayedField{
	{0, 64, func(d *scripting.Delayed) *string { return &d.PatientID }},
	{65, 16, func(d *scripting.Delayed) *string { return &d.Verb }},
	{82, 17, func(d *scripting.Delayed) *string { return &d.AE }},
	{100, 64, func(d *scripting.Delayed) *string { return &d.StudyUID }},
	{165, 64, func(d *scripting.Delayed) *string { return &d.SeriesUID }},
	{230, 25, func(d *scripting.Delayed) *string { return &d.Compression }},
	{256, 19, func(d *scripting.Delayed) *string { return &d.Modality }},
	{276, 23, func(d *scripting.Delayed) *string { return &d.Date }},
	{300, 64, func(d *scripting.Delayed) *string { return &d.SOP }},
	{366, 128, func(d *scripting.Delayed) *string { return &d.ImageType }},
	{500, 64, func(d *scripting.Delayed) *string { return &d.SeriesDesc }},
	{570, 400, func(d *scripting.Delayed) *string { return &d.Script }},
}

// delayedRecord is the entry in the original's layout; false when it does not
// fit or is of a kind that the original keeps otherwise.
func delayedRecord(d scripting.Delayed) ([]byte, bool) {
	switch d.Verb {
	case "process", "submit", "submit2":
		return nil, false
	}
	if d.Split != "" && d.ImageType != "" {
		return nil, false
	}
	rec := make([]byte, delayedRecordSize)
	if d.Split != "" {
		d.ImageType = d.Split
	}
	if d.Operation != "" {
		d.Verb = d.Operation
	}
	for _, f := range delayedFields {
		v := *f.value(&d)
		if len(v) >= f.size {
			return nil, false
		}
		copy(rec[f.offset:], v)
	}
	return rec, rec[0] != 0
}

func parseDelayedRecord(rec []byte) (scripting.Delayed, error) {
	var d scripting.Delayed
	for _, f := range delayedFields {
		v, _, _ := strings.Cut(string(rec[f.offset:f.offset+f.size]), "\x00")
		*f.value(&d) = v
	}
	d.Operation = d.Verb
	d.Verb, d.Level, _ = strings.Cut(d.Verb, " ")
	for _, level := range []string{"patient", "study", "series", "image"} {
		if d.Level != "" && strings.HasPrefix(level, d.Level) {
			d.Level = level
		}
	}
	if d.Verb == "forward" && strings.Contains(d.ImageType, "/") {
		d.Split, d.ImageType = d.ImageType, ""
	}
	if d.Verb == "" {
		return d, fmt.Errorf("no command")
	}
	return d, nil
}

// delayedKey tells which commands are equal: all but the delay.
func delayedKey(d scripting.Delayed) string {
	d.After = 0
	b, err := json.Marshal(d)
	if err != nil {
		return fmt.Sprint(d)
	}
	return string(b)
}

func (s *Server) resumeDelayed(cfg *dicomini.Config) error {
	w := &delayedWork{}
	q, err := queue.Open(queue.Options[scripting.Delayed]{
		Dir: ".", Name: "DelayedQueue" + cfg.TCPPort, FailFile: "DelayedFetchForwardFailures" + cfg.TCPPort,
		RecordSize: delayedRecordSize, Marshal: delayedRecord, Unmarshal: parseDelayedRecord,
		Label:   func(d scripting.Delayed) string { return d.PatientID },
		Run:     func(ctx context.Context, d scripting.Delayed) queue.Outcome { return s.runDelayed(ctx, w, d) },
		Workers: cfg.DelayedForwarderThreads, Capacity: max(cfg.QueueSize, queueCapacity),
		HoldOff: seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay), MaxRetries: cfg.MaximumDelayedFetchForwardRetries,
		Ready:    func() bool { return !s.regen.Running() },
		Operator: s.sayLine, Failed: s.sayQueueError,
	})
	if err != nil {
		return fmt.Errorf("delayed queue: %w", err)
	}
	c, err := queue.Collect(q, "DelayedCollect"+cfg.TCPPort, delayedKey)
	if err != nil {
		q.Close()
		return fmt.Errorf("delayed queue: %w", err)
	}
	w.queue, w.collector = q, c
	s.delayed = w
	return nil
}

func (w *delayedWork) close() {
	w.collector.Close()
	w.queue.Close()
}

// Queue enters a delayed command of a script.
func (e *environment) Queue(_ context.Context, d *scripting.Delayed) (added bool) {
	w := e.s.delayed
	if w == nil {
		e.s.con.Event("*** delayed command needs a running server", "command", d.Operation, "patient", d.PatientID)
		return false
	}
	after := d.After
	if after == 0 {
		after = e.s.live.Current().ForwardCollectDelay
	}
	added, err := w.collector.Push(*d, seconds(after))
	if err != nil {
		e.s.con.Event("*** delayed command not entered", "command", d.Operation, "patient", d.PatientID, "error", err)
	}
	return added
}

// runDelayed carries out a delayed command whose time has come.
func (s *Server) runDelayed(ctx context.Context, w *delayedWork, d scripting.Delayed) (outcome queue.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			s.con.Event("*** internal error in delayed command", "command", d.Operation, "patient", d.PatientID, "error", p)
			outcome = queue.Done
		}
	}()
	cfg := s.live.Current()
	began, givenUp := time.Now(), false
	defer func() {
		if outcome == queue.Done && !givenUp {
			s.releaseStays(ctx, cfg, d, began)
		}
	}()
	switch d.Verb {
	case "forward":
		outcome, givenUp = s.delayedForward(ctx, cfg, d)
		return outcome
	case "get", "preretrieve":
		outcome, _ = s.delayedGet(ctx, cfg, d)
		return outcome
	case "delete":
		return s.delayedDelete(ctx, cfg, d)
	case "process":
		return s.delayedProcess(ctx, w, d)
	case "prefetch":
		return s.delayedPrefetch(ctx, cfg, w, d)
	case "merge":
		return s.delayedMerge(ctx, cfg, d)
	case "submit", "submit2":
		return s.delayedSubmit(ctx, cfg, d)
	}
	s.con.Event("*** unknown delayed command", "command", d.Verb, "patient", d.PatientID)
	return queue.Done
}
