package export

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/luabind"
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/queue"
	"conquest/rules"
	"conquest/scripting"
)

// exportJob is one entry of an export queue.
type exportJob struct {
	File        string `json:"file"`
	Modality    string `json:"modality,omitempty"`
	StationName string `json:"station,omitempty"`
	SOP         string `json:"sop,omitempty"`
	Converter   int    `json:"converter"`
	PatientID   string `json:"patient,omitempty"`
	Calling     string `json:"calling,omitempty"`
	Called      string `json:"called,omitempty"`
}

// exportRecordSize is the size of a record of ExportFailuresPORT_N.
const exportRecordSize = 1536

// exportFields are the places of text in a record (docs/original/scripting.md 1.5).
var exportFields = []struct {
	offset, size int
	field        func(*exportJob) *string
}{
	{0, 1024, func(j *exportJob) *string { return &j.File }},
	{1024, 18, func(j *exportJob) *string { return &j.Modality }},
	{1042, 18, func(j *exportJob) *string { return &j.StationName }},
	{1060, 66, func(j *exportJob) *string { return &j.SOP }},
	{1130, 66, func(j *exportJob) *string { return &j.PatientID }},
	{1196, 18, func(j *exportJob) *string { return &j.Calling }},
	{1214, 18, func(j *exportJob) *string { return &j.Called }},
}

const exportConverterOffset = 1126

// record is the job in the original's layout; false when a value is too long.
func (j exportJob) record() ([]byte, bool) {
	rec := make([]byte, exportRecordSize)
	for _, f := range exportFields {
		v := *f.field(&j)
		if len(v) >= f.size {
			return nil, false
		}
		copy(rec[f.offset:], v)
	}
	rec[exportConverterOffset] = byte(j.Converter)
	return rec, true
}

func parseExportRecord(rec []byte) (exportJob, error) {
	var j exportJob
	for _, f := range exportFields {
		v, _, _ := bytes.Cut(rec[f.offset:f.offset+f.size], []byte{0})
		*f.field(&j) = string(v)
	}
	j.Converter = int(rec[exportConverterOffset])
	if j.File == "" {
		return j, fmt.Errorf("no file name")
	}
	return j, nil
}

// exportConverter runs the jobs of one export converter.
type exportConverter struct {
	s       *Queues
	n       int
	workers []*rules.Party
}

// WorkerCallers keep variables and Lua state of each worker of a queue: no variable
// of one object is seen by another that runs at the same time.
func WorkerCallers(cfg *dicomini.Config) []*rules.Party {
	list := make([]*rules.Party, max(cfg.DelayedForwarderThreads, 1))
	for i := range list {
		list[i] = &rules.Party{Variables: &scripting.Vars{}, State: &luabind.Session{}, Trusted: true}
	}
	return list
}

// queueCapacity is how many jobs wait in memory at least before the storing
// association waits; QueueSize may ask for more.
const queueCapacity = 10000

func (s *Queues) StartQueues(cfg *dicomini.Config) (err error) {
	if s.Gate, err = queue.OpenGate("PausedDestinations"+cfg.Owner(), s.JournalOptions(cfg)); err != nil {
		return err
	}
	n := rules.ExportCount(cfg)
	for i := range n {
		c := &exportConverter{s: s, n: i, workers: WorkerCallers(cfg)}
		q, err := queue.Open(queue.Options[exportJob]{
			Dir: ".", Name: fmt.Sprintf("ExportQueue%s_%d", cfg.Owner(), i), Kind: "export", Sync: cfg.SyncWrites,
			FailFile:   fmt.Sprintf("ExportFailures%s_%d", cfg.Owner(), i),
			RecordSize: exportRecordSize, Marshal: exportJob.record, Unmarshal: parseExportRecord,
			Label:   func(j exportJob) string { return j.File },
			Patient: func(j exportJob) string { return j.PatientID },
			Run:     c.run, Workers: cfg.DelayedForwarderThreads,
			Capacity: max(cfg.QueueSize, queueCapacity),
			HoldOff:  seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay), MaxRetries: cfg.MaximumExportRetries,
			Ready:    func() bool { return !s.Busy() },
			Gate:     s.Gate,
			Operator: s.SayLine, Failed: s.SayQueueError,
		})
		if err != nil {
			return fmt.Errorf("export queue %d: %w", i, err)
		}
		q.Start()
		s.exports = append(s.exports, q)
		oplog.DelayedStarting(s.Console, max(cfg.DelayedForwarderThreads, 1))
	}
	if n > 0 {
		oplog.ExportStarted(s.Console, n)
	}
	return s.startMirror(cfg)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// StopQueues leaves what is open to the next start.
func (s *Queues) StopQueues() {
	for _, q := range s.exports {
		if err := q.Close(); err != nil {
			s.SayQueueError(err)
		}
	}
	if s.mirrors != nil {
		if err := s.mirrors.Close(); err != nil {
			s.SayQueueError(err)
		}
	}
	if err := s.Gate.Close(); err != nil {
		s.SayQueueError(err)
	}
}

// QueueExports enters a stored object in the queue of each export converter
// that is configured. After an error it may be in some of them.
func (s *Queues) QueueExports(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, ds *dicom.Dataset, path string) error {
	n := min(rules.ExportCount(cfg), len(s.exports))
	for i := range n {
		if _, present := cfg.Converter(scripting.Export.Name(), i); !present {
			continue
		}
		j := exportJob{
			File: path, Converter: i,
			Modality: ds.String(dicom.Modality), StationName: ds.String(dicom.StationName),
			SOP: ds.String(dicom.SOPInstanceUID), PatientID: ds.String(dicom.PatientID),
			Calling: caller.Calling(), Called: caller.Called(),
		}
		if err := s.exports[i].Push(ctx, j); err != nil {
			return fmt.Errorf("enter %s for export converter %d: %w", path, i, err)
		}
	}
	return nil
}

// run carries out the export converter on one stored file.
func (c *exportConverter) run(ctx context.Context, j exportJob) queue.Outcome {
	ctx, done := c.s.Work(ctx, "export")
	defer done()
	d := queue.FromContext(ctx)
	var trace rules.Trace
	if c.s.Witness != nil {
		trace = c.s.Witness.Trace()
	}
	out := c.s.Rules.Export(ctx, c.s.Live.Current(), j.Converter, rules.ExportJob{
		File: j.File, Modality: j.Modality, StationName: j.StationName, SOP: j.SOP, PatientID: j.PatientID,
		Calling: j.Calling, Called: j.Called, Caller: c.workers[d.Worker], Trace: trace,
	})
	if trace != nil {
		outcome := out.Action.String()
		if out.Failure != "" {
			outcome += ": " + out.Failure
		}
		c.s.Witness.Exported(ctx, site.Exported{SOP: j.SOP, PatientID: j.PatientID, Calling: j.Calling, Called: j.Called, Outcome: outcome, Trace: trace})
	}
	switch {
	case out.Failure != "":
		d.Refused("", out.Converter+": "+out.Failure, false)
		return queue.Refused
	case out.Action == rules.Retry:
		return queue.Retry
	case out.Action == rules.Defer:
		return queue.Deferred
	}
	return queue.Done
}
