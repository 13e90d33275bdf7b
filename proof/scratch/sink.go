package scratch

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/group"
)

// Sink takes everything that a server of a copy sends, and keeps nothing: what was
// sent is in the recordings of that server.
type Sink struct {
	Address string
	// Patience is how long it waits to learn what the true destination takes; set
	// before the first association.
	Patience time.Duration

	cancel context.CancelFunc
	work   group.Group
	mu     sync.Mutex                     // guards below
	takes  map[string]map[string][]string // by AE title and SOP class: transfer syntaxes of the true destination
}

// NewSink opens a sink.
func NewSink() (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{Address: l.Addr().String(), takes: map[string]map[string][]string{}}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	srv := &dimse.Server{Policy: dimse.PolicyFunc(s.negotiate), Handler: dimse.HandlerFunc(answer)}
	s.work.Go("sink", func() { _ = srv.Serve(ctx, l) }) // ends with ctx
	return s, nil
}

// Takes tells which transfer syntax a true destination took for a class.
func (s *Sink) Takes(ae, class, syntax string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.takes[ae] == nil {
		s.takes[ae] = map[string][]string{}
	}
	if !slices.Contains(s.takes[ae][class], syntax) {
		s.takes[ae][class] = append(s.takes[ae][class], syntax)
	}
}

// Close ends the sink.
func (s *Sink) Close() {
	s.cancel()
	s.work.Wait()
}

// answer says that all is well.
func answer(_ context.Context, a *dimse.Association, m *dimse.Message) error {
	return a.ReplyStatus(m, dimse.Success, "")
}

// negotiate accepts what the true destination took, or else the first that is
// proposed.
func (s *Sink) negotiate(rq *dimse.AssociateRQ, _ net.Addr) dimse.Decision {
	s.await(rq)
	s.mu.Lock()
	defer s.mu.Unlock()
	var d dimse.Decision
	for _, c := range rq.Contexts {
		r := dimse.ContextResult{ID: c.ID}
		known := s.takes[rq.Called.String()][c.AbstractSyntax]
		i := 0
		if len(known) > 0 {
			i = slices.IndexFunc(c.TransferSyntaxes, func(ts string) bool { return slices.Contains(known, ts) })
		}
		if i < 0 || len(c.TransferSyntaxes) == 0 {
			r.Result = 4 // transfer syntaxes not supported (PS3.8 table 9-18)
		} else {
			r.TransferSyntax = c.TransferSyntaxes[i]
		}
		d.Contexts = append(d.Contexts, r)
	}
	d.Roles = rq.User.Roles
	return d
}

// await waits until it is known what the true destination takes of a request.
func (s *Sink) await(rq *dimse.AssociateRQ) {
	const look = 20 * time.Millisecond
	for end := time.Now().Add(s.Patience); time.Now().Before(end); time.Sleep(look) {
		s.mu.Lock()
		known := slices.ContainsFunc(rq.Contexts, func(c dimse.ProposedContext) bool {
			return dicom.StorageClassName(c.AbstractSyntax) != "" && len(s.takes[rq.Called.String()][c.AbstractSyntax]) > 0
		})
		s.mu.Unlock()
		if known {
			return
		}
	}
}
