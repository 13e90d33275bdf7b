package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/queue"
	"conquest/storage"
)

// Elements and numbers of storage commitment (PS3.4 J).
const (
	tagTransactionUID        dicom.Tag = 0x00081195
	tagFailureReason         dicom.Tag = 0x00081197
	tagFailedSOPSequence     dicom.Tag = 0x00081198
	tagReferencedSOPSequence dicom.Tag = 0x00081199

	actionCommit      = 1
	eventAllCommitted = 1
	eventSomeFailed   = 2

	maxCommitment = 20000 // objects in one request
)

// commitmentJob is a promised answer to a request for storage commitment.
type commitmentJob struct {
	Transaction string          `json:"transaction"`
	AE          string          `json:"ae"`
	Calling     string          `json:"calling"` // title that the requester knows this server by
	Objects     []commitmentRef `json:"objects"`
}

type commitmentRef struct {
	Class    string `json:"class"`
	Instance string `json:"instance"`
}

// offersCommitment tells whether storage commitment is on: key
// StorageCommitment, on by default.
func offersCommitment(cfg *dicomini.Config) bool {
	return cfg.Int(cfg.Main(), "StorageCommitment", 1) != 0
}

// serveCommitment handles the N-ACTION of the storage commitment push model.
// The answer, an N-EVENT-REPORT, goes out on this association while the peer
// keeps it open, else on a new one to the peer's entry in acrnema.map; it
// survives a restart of the server.
func (ses *session) serveCommitment(ctx context.Context, m *dimse.Message) (served bool, err error) {
	c := m.Command
	if c.SOPClassUID() != dimse.StorageCommitmentPush || c.Field != dimse.NActionRQ {
		return false, nil
	}
	if c.ActionTypeID != actionCommit {
		return true, ses.a.ReplyStatus(m, dimse.NoSuchActionType, "")
	}
	job, refusal := ses.commitmentRequest(m)
	if refusal != nil {
		return true, ses.a.ReplyStatus(m, refusal.Status, refusal.Comment)
	}
	queued, err := ses.s.promise(ctx, job)
	if err != nil {
		ses.s.con.Event("*** storage commitment refused", "calling", job.AE, "error", err)
		return true, ses.a.ReplyStatus(m, dimse.ProcessingFailure, "request can not be kept")
	}
	ses.s.con.Operator("Storage commitment of %d objects for %s", len(job.Objects), job.AE)
	if err := ses.a.ReplyStatus(m, dimse.Success, ""); err != nil {
		return true, err
	}
	if queued {
		return true, nil
	}
	report := ses.s.commitmentReport(ctx, ses.s.live.Current(), job)
	_, err = ses.a.Request(ctx, m.Context, report.command(), dimse.NewData(report.data), nil)
	var status *dimse.StatusError
	if errors.As(err, &status) {
		err = nil
	}
	return true, err
}

// commitmentRequest reads the data set of an N-ACTION.
func (ses *session) commitmentRequest(m *dimse.Message) (commitmentJob, *dimse.StatusError) {
	job := commitmentJob{AE: ses.a.Calling(), Calling: ses.a.Called()}
	if m.Data == nil {
		return job, &dimse.StatusError{Status: dimse.InvalidArgumentValue, Comment: "no data set"}
	}
	d, err := m.Data.Dataset(dicom.ParseOptions{})
	if err != nil {
		return job, &dimse.StatusError{Status: dimse.ProcessingFailure, Comment: "data set can not be read"}
	}
	job.Transaction = d.String(tagTransactionUID)
	for _, item := range d.Items(tagReferencedSOPSequence) {
		job.Objects = append(job.Objects, commitmentRef{item.String(dicom.ReferencedSOPClassUID), item.String(dicom.ReferencedSOPInstanceUID)})
	}
	switch {
	case job.Transaction == "" || len(job.Objects) == 0:
		return job, &dimse.StatusError{Status: dimse.InvalidArgumentValue, Comment: "transaction UID or objects are missing"}
	case len(job.Objects) > maxCommitment:
		return job, &dimse.StatusError{Status: dimse.ResourceLimitation, Comment: "too many objects"}
	}
	return job, nil
}

// promise enters the answer in the queue, when the peer can be called back; an
// unknown peer gets it on its own association.
func (s *Server) promise(ctx context.Context, job commitmentJob) (queued bool, err error) {
	if _, ok := s.aes.Lookup(job.AE); !ok {
		return false, nil
	}
	q, err := s.commitments(s.live.Current())
	if err != nil {
		return false, err
	}
	return true, q.Push(ctx, job)
}

// commitments is the queue of answers, opened when it is first needed.
func (s *Server) commitments(cfg *dicomini.Config) (*queue.Queue[commitmentJob], error) {
	s.net.commitMu.Lock()
	defer s.net.commitMu.Unlock()
	if s.net.commits != nil {
		return s.net.commits, nil
	}
	q, err := queue.Open(queue.Options[commitmentJob]{
		Dir: ".", Name: "CommitmentQueue" + cfg.TCPPort, FailFile: "CommitmentFailures" + cfg.TCPPort,
		Label: func(j commitmentJob) string { return j.Transaction },
		Run:   s.runCommitment, Capacity: queueCapacity,
		HoldOff: seconds(cfg.FailHoldOff), RetryDelay: seconds(cfg.RetryDelay), MaxRetries: commitmentRetries,
		Operator: s.sayLine, Failed: s.sayQueueError,
	})
	if err != nil {
		return nil, fmt.Errorf("commitment queue: %w", err)
	}
	s.net.commits = q
	return q, nil
}

// commitmentRetries is how often in a row the answers are tried before they are
// given up: the requester asks again.
const commitmentRetries = 100

// commitmentDelay leaves the requester time to end its association: many expect
// the answer on a new one only then.
const commitmentDelay = 300 * time.Millisecond

// resumeCommitments takes up what an earlier process promised.
func (s *Server) resumeCommitments(cfg *dicomini.Config) {
	if _, err := os.Stat("CommitmentQueue" + cfg.TCPPort); err != nil {
		return
	}
	if _, err := s.commitments(cfg); err != nil {
		s.con.Event("*** storage commitment answers of an earlier run wait", "error", err)
	}
}

func (s *Server) closeCommitments() {
	s.net.commitMu.Lock()
	defer s.net.commitMu.Unlock()
	if s.net.commits != nil {
		if err := s.net.commits.Close(); err != nil {
			s.sayQueueError(err)
		}
	}
}

// runCommitment looks at the objects and reports to the requester.
func (s *Server) runCommitment(ctx context.Context, job commitmentJob) queue.Outcome {
	select {
	case <-time.After(commitmentDelay):
	case <-ctx.Done():
		return queue.Retry
	}
	cfg := s.live.Current()
	peer, ok := s.aes.Lookup(job.AE)
	if !ok {
		s.con.Event("*** storage commitment not reported: AE is not in acrnema.map", "ae", job.AE, "transaction", job.Transaction)
		return queue.Done
	}
	d := destination{host: peer.Host, port: peer.Port, calling: job.Calling, called: job.AE, compression: "un"}
	report := s.commitmentReport(ctx, cfg, job)
	if err := s.sendReport(ctx, cfg, d, report); err != nil {
		s.con.Event("*** storage commitment not reported, kept for later", "ae", job.AE, "transaction", job.Transaction, "error", err)
		return queue.Retry
	}
	return queue.Done
}

func (s *Server) sendReport(ctx context.Context, cfg *dicomini.Config, d destination, report commitmentReport) error {
	a, err := s.dialAs(ctx, cfg, d, []string{dimse.StorageCommitmentPush},
		dimse.RoleSelection{SOPClassUID: dimse.StorageCommitmentPush, SCP: true})
	if err != nil {
		return err
	}
	defer s.hangUp(a, cfg)
	_, err = a.Request(ctx, nil, report.command(), dimse.NewData(report.data), nil)
	var status *dimse.StatusError
	if errors.As(err, &status) {
		s.con.Event("*** storage commitment report refused", "ae", d.called, "status", status.Status)
		return nil
	}
	return err
}

// commitmentReport is the content of an N-EVENT-REPORT.
type commitmentReport struct {
	event uint16
	data  *dicom.Dataset
}

func (r commitmentReport) command() dimse.Command {
	return dimse.Command{
		Field: dimse.NEventReportRQ, AffectedSOPClassUID: dimse.StorageCommitmentPush,
		AffectedSOPInstanceUID: dimse.StorageCommitmentPushInstance, EventTypeID: r.event,
	}
}

// commitmentReport looks for the objects: committed is what has an index row
// and a whole file.
func (s *Server) commitmentReport(ctx context.Context, cfg *dicomini.Config, job commitmentJob) commitmentReport {
	dev := storage.NewDevices(cfg.Storage)
	var done, failed []*dicom.Dataset
	for _, ref := range job.Objects {
		item := dicom.NewDataset(3)
		item.SetString(dicom.ReferencedSOPClassUID, ref.Class)
		item.SetString(dicom.ReferencedSOPInstanceUID, ref.Instance)
		if reason := s.committed(ctx, dev, ref); reason != dimse.Success {
			item.SetUint16(tagFailureReason, uint16(reason))
			failed = append(failed, item)
			continue
		}
		done = append(done, item)
	}
	r := commitmentReport{event: eventAllCommitted, data: dicom.NewDataset(4)}
	r.data.SetString(tagTransactionUID, job.Transaction)
	r.data.SetString(dicom.RetrieveAETitle, cfg.MyACRNema)
	if len(done) > 0 {
		r.data.SetItems(tagReferencedSOPSequence, done...)
	}
	if len(failed) > 0 {
		r.event = eventSomeFailed
		r.data.SetItems(tagFailedSOPSequence, failed...)
	}
	s.con.Operator("Storage commitment: %d objects kept, %d not", len(done), len(failed))
	return r
}

// committed is the failure reason of an object (PS3.3 C.14), success when it is
// kept here.
func (s *Server) committed(ctx context.Context, dev *storage.Devices, ref commitmentRef) dimse.Status {
	if ref.Instance == "" {
		return dimse.NoSuchObjectInstance
	}
	loc, found, err := s.db.Lookup(ctx, ref.Instance, "")
	if err != nil {
		return dimse.ProcessingFailure
	}
	if !found {
		return dimse.NoSuchObjectInstance
	}
	path, _, ok := dev.Locate(loc.Device, loc.File)
	if !ok {
		return dimse.NoSuchObjectInstance
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.StudyDate})
	if err != nil {
		return dimse.ProcessingFailure
	}
	defer f.Close()
	if class := f.String(dicom.SOPClassUID); ref.Class != "" && class != "" && class != ref.Class {
		return dimse.ClassInstanceConflict
	}
	return dimse.Success
}
