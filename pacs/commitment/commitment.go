// Package commitment is the storage commitment service (PS3.4 J): it promises
// requesters that their objects are kept, or tells which are not. A promise is on
// disk before it is given and is kept over a restart. What is committed has a row
// in the index and a whole file; the service itself stores nothing.
package commitment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/queue"
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

	maxObjects = 20000 // objects in one request
)

// Host is what storage commitment needs of the server it belongs to.
type Host interface {
	Config() *dicomini.Config
	// Lookup finds an object in the index, as [db.DB] does.
	Lookup(ctx context.Context, sop, patient string) (loc db.Location, found bool, err error)
	// Knows tells whether an AE can be called back.
	Knows(ae string) bool
	// Call opens an association to an AE under the title that it knows this
	// server by, for reports; hangUp ends it.
	Call(ctx context.Context, ae, calling string) (a *dimse.Association, hangUp func(), err error)
}

// Service answers requests for storage commitment.
type Service struct {
	host Host
	con  *console.Console
	// Told is told what an AE was told about objects, by SOP instance UID. It is set
	// before work begins; nil: nobody is.
	Told func(ae string, committed, failed []string)

	mu    sync.Mutex // guards queue
	queue *queue.Queue[job]
}

// New makes the service of a server.
func New(host Host, con *console.Console) *Service { return &Service{host: host, con: con} }

// Requester is the association of a request.
type Requester interface {
	Calling() string
	Called() string
	ReplyStatus(m *dimse.Message, s dimse.Status, comment string) error
	Request(ctx context.Context, pc *dimse.PresentationContext, c dimse.Command, data *dimse.Data, pending func(*dimse.Response) error) (*dimse.Response, error)
}

// job is a promised answer to a request for storage commitment.
type job struct {
	Transaction string      `json:"transaction"`
	AE          string      `json:"ae"`
	Calling     string      `json:"calling"` // title that the requester knows this server by
	Objects     []objectRef `json:"objects"`
}

type objectRef struct {
	Class    string `json:"class"`
	Instance string `json:"instance"`
}

// Offered tells whether storage commitment is on: key
// StorageCommitment, on by default.
func Offered(cfg *dicomini.Config) bool {
	return cfg.Switch("StorageCommitment")
}

// Serve handles the N-ACTION of the storage commitment push model.
// The answer, an N-EVENT-REPORT, goes out on this association while the peer
// keeps it open, else on a new one to the peer's entry in acrnema.map; it
// survives a restart of the server.
func (s *Service) Serve(ctx context.Context, a Requester, m *dimse.Message) (served bool, err error) {
	c := m.Command
	if c.SOPClassUID() != dimse.StorageCommitmentPush || c.Field != dimse.NActionRQ {
		return false, nil
	}
	if c.ActionTypeID != actionCommit {
		return true, a.ReplyStatus(m, dimse.NoSuchActionType, "")
	}
	j, refusal := request(a, m)
	if refusal != nil {
		return true, a.ReplyStatus(m, refusal.Status, refusal.Comment)
	}
	queued, err := s.promise(ctx, j)
	if err != nil {
		s.con.Event("*** storage commitment refused", "calling", j.AE, "error", err)
		return true, a.ReplyStatus(m, dimse.ProcessingFailure, "request can not be kept")
	}
	oplog.Committing(s.con, len(j.Objects), j.AE)
	if err := a.ReplyStatus(m, dimse.Success, ""); err != nil {
		return true, err
	}
	if queued {
		return true, nil
	}
	report := s.report(ctx, s.host.Config(), j)
	_, err = a.Request(ctx, m.Context, report.command(), dimse.NewData(report.data), nil)
	var status *dimse.StatusError
	if errors.As(err, &status) {
		err = nil
	}
	if err == nil {
		s.told(j, report)
	}
	return true, err
}

// request reads the data set of an N-ACTION.
func request(a Requester, m *dimse.Message) (job, *dimse.StatusError) {
	j := job{AE: a.Calling(), Calling: a.Called()}
	if m.Data == nil {
		return j, &dimse.StatusError{Status: dimse.InvalidArgumentValue, Comment: "no data set"}
	}
	d, err := m.Data.Dataset(dicom.ParseOptions{})
	if err != nil {
		return j, &dimse.StatusError{Status: dimse.ProcessingFailure, Comment: "data set can not be read"}
	}
	j.Transaction = d.String(tagTransactionUID)
	for _, item := range d.Items(tagReferencedSOPSequence) {
		j.Objects = append(j.Objects, objectRef{item.String(dicom.ReferencedSOPClassUID), item.String(dicom.ReferencedSOPInstanceUID)})
	}
	switch {
	case j.Transaction == "" || len(j.Objects) == 0:
		return j, &dimse.StatusError{Status: dimse.InvalidArgumentValue, Comment: "transaction UID or objects are missing"}
	case len(j.Objects) > maxObjects:
		return j, &dimse.StatusError{Status: dimse.ResourceLimitation, Comment: "too many objects"}
	}
	return j, nil
}

// promise enters the answer in the queue, when the peer can be called back; an
// unknown peer gets it on its own association.
func (s *Service) promise(ctx context.Context, j job) (queued bool, err error) {
	if !s.host.Knows(j.AE) {
		return false, nil
	}
	q, err := s.promises(s.host.Config())
	if err != nil {
		return false, err
	}
	return true, q.Push(ctx, j)
}

// capacity is how many promises wait in memory; more make requesters wait.
const capacity = 10000

// promises is the queue of answers, opened when it is first needed.
func (s *Service) promises(cfg *dicomini.Config) (*queue.Queue[job], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue != nil {
		return s.queue, nil
	}
	q, err := queue.Open(queue.Options[job]{
		Dir: ".", Name: "CommitmentQueue" + cfg.Owner(), Kind: "commitment", FailFile: "CommitmentFailures" + cfg.Owner(),
		Label:       func(j job) string { return j.Transaction },
		Destination: func(j job) string { return j.AE },
		Run:         s.run, Capacity: capacity, Sync: cfg.SyncWrites,
		HoldOff: time.Duration(cfg.FailHoldOff) * time.Second, RetryDelay: time.Duration(cfg.RetryDelay) * time.Second, MaxRetries: retries,
		Operator: func(line string) { oplog.Line(s.con, line) }, Failed: s.queueFailed,
	})
	if err != nil {
		return nil, fmt.Errorf("commitment queue: %w", err)
	}
	s.queue = q
	q.Start()
	return q, nil
}

// retries is how often in a row the answers are tried before they are
// given up: the requester asks again.
const retries = 100

// delay leaves the requester time to end its association: many expect
// the answer on a new one only then.
const delay = 300 * time.Millisecond

// Promises is the queue of answers, nil when there was none to give yet.
func (s *Service) Promises() *queue.Queue[job] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue
}

func (s *Service) queueFailed(err error) { s.con.Event("*** queue on disk", "error", err) }

// Resume takes up what an earlier process promised.
func (s *Service) Resume(cfg *dicomini.Config) {
	if _, err := os.Stat("CommitmentQueue" + cfg.Owner()); err != nil {
		return
	}
	if _, err := s.promises(cfg); err != nil {
		s.con.Event("*** storage commitment answers of an earlier run wait", "error", err)
	}
}

// Close leaves what is not answered to the next start.
func (s *Service) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue != nil {
		if err := s.queue.Close(); err != nil {
			s.queueFailed(err)
		}
	}
}

// run looks at the objects and reports to the requester.
func (s *Service) run(ctx context.Context, j job) queue.Outcome {
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return queue.Retry
	}
	cfg := s.host.Config()
	if !s.host.Knows(j.AE) {
		s.con.Event("*** storage commitment not reported: AE is not in acrnema.map", "ae", j.AE, "transaction", j.Transaction)
		return queue.Done
	}
	r := s.report(ctx, cfg, j)
	if err := s.send(ctx, j, r); err != nil {
		s.con.Event("*** storage commitment not reported, kept for later", "ae", j.AE, "transaction", j.Transaction, "error", err)
		queue.FromContext(ctx).Failed(j.AE, err.Error())
		return queue.Retry
	}
	s.told(j, r)
	return queue.Done
}

// told tells what the requester was told.
func (s *Service) told(j job, r report) {
	if s.Told != nil {
		s.Told(j.AE, r.uids(tagReferencedSOPSequence), r.uids(tagFailedSOPSequence))
	}
}

func (s *Service) send(ctx context.Context, j job, r report) error {
	a, hangUp, err := s.host.Call(ctx, j.AE, j.Calling)
	if err != nil {
		return err
	}
	defer hangUp()
	_, err = a.Request(ctx, nil, r.command(), dimse.NewData(r.data), nil)
	var status *dimse.StatusError
	if errors.As(err, &status) {
		s.con.Event("*** storage commitment report refused", "ae", j.AE, "status", status.Status)
		return nil
	}
	return err
}
