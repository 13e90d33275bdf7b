package scp

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"conquest/access"
	"conquest/console"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/luabind"
	"conquest/metrics"
	"conquest/oplog"
	"conquest/pacs/commitment"
	"conquest/pacs/printing"
	"conquest/pacs/site"
	"conquest/pacs/store"
	"conquest/scripting"
)

// session is an association as the server sees it. Its fields belong to the
// goroutine of the association.
type session struct {
	s         *SCP
	a         *dimse.Association
	thread    int
	vars      scripting.Vars
	lua       luabind.Session
	films     printing.Films
	start     time.Time
	announced bool // the header is in the log
	silent    bool // commands of administration only
	rights    access.Rights
	peer      string // for metrics
}

func (s *SCP) dimseServer(cfg *dicomini.Config) *dimse.Server {
	srv := &dimse.Server{
		Options: dimse.Options{
			ImplementationClassUID:    site.ImplementationClassUID,
			ImplementationVersionName: site.ImplementationVersion(),
			ReadTimeout:               time.Duration(cfg.TCPIPTimeOut) * time.Second,
			WriteTimeout:              time.Duration(cfg.TCPIPTimeOut) * time.Second,
			Spool:                     s.spool,
			MaxInMemory:               store.MaxInMemory,
			Tap:                       s.IncomingTap(),
		},
		Policy:   &listPolicy{s: s},
		Handler:  dimse.HandlerFunc(s.serve),
		Refuse:   s.refuseStranger,
		Opened:   s.opened,
		Closed:   s.closed,
		Rejected: s.rejected,
		Panicked: func(a *dimse.Association, value any, stack []byte) {
			s.Console.Event("*** internal error, association aborted", "peer", a.RemoteAddr(), "error", value, "stack", string(stack))
		},
		AcceptFailed: func(err error) { s.Console.Event("*** connection can not be accepted, trying again", "error", err) },
	}
	access.Limit(srv, cfg, s.Memory)
	return srv
}

// listPolicy negotiates by dgatesop.lst as it is when the association starts.
type listPolicy struct {
	s    *SCP
	last atomic.Pointer[compiledList]
}

type compiledList struct {
	from    *dicomini.SOPList
	offered bool
	policy  dimse.ListPolicy
}

func (p *listPolicy) Negotiate(rq *dimse.AssociateRQ, peer net.Addr) dimse.Decision {
	return p.current().Negotiate(rq, peer)
}

func (p *listPolicy) current() *dimse.ListPolicy {
	list := p.s.SOPs.Current()
	offered := commitment.Offered(p.s.Live.Current())
	if c := p.last.Load(); c != nil && c.from == list && c.offered == offered {
		return &c.policy
	}
	values := func(k dicomini.SOPKind) []string {
		var v []string
		for _, e := range list.Entries(k) {
			v = append(v, e.Value)
		}
		return v
	}
	c := &compiledList{from: list, offered: offered, policy: dimse.ListPolicy{
		RemoteAE: values(dicomini.RemoteAE), LocalAE: values(dicomini.LocalAE),
		Application:      values(dicomini.Application),
		AbstractSyntaxes: values(dicomini.AbstractSyntax),
		TransferSyntaxes: values(dicomini.TransferSyntax),
	}}
	if classes := c.policy.AbstractSyntaxes; offered && len(classes) > 0 {
		c.policy.AbstractSyntaxes = append(classes, dimse.StorageCommitmentPush)
	}
	p.last.Store(c)
	return &c.policy
}

func (s *SCP) opened(a *dimse.Association) error {
	ses := &session{s: s, a: a, thread: int(s.Threads.Add(1)) - 1, start: time.Now()}
	a.Value, ses.lua.Memory = ses, a.Memory()
	if name := ses.userName(); name != "" {
		ses.lua.Globals = map[string]any{"user_identity": name}
	}
	if s.Meter != nil {
		ses.peer = s.PeerLabel(a.Calling())
	}
	ses.rights, _ = s.rights.Of(a.Calling(), a.Conn())
	s.OpenThreads.Add(1)
	s.sayRefusedContexts(a)
	if s.Console.DebugLevel() > 0 {
		ses.sayNegotiation()
	}
	return ses.runHook("association", nil)
}

func (s *SCP) closed(a *dimse.Association, err error) {
	ses, ok := a.Value.(*session)
	if !ok {
		var refused *dimse.RejectError
		if err != nil && !errors.Is(err, dimse.ErrReleased) && !errors.As(err, &refused) {
			s.Console.Event("connection ended before an association", "peer", a.RemoteAddr(), "error", err)
		}
		return
	}
	s.OpenThreads.Add(-1)
	if !ses.silent {
		s.Meter.Association(metrics.In, ses.peer, endResult(err))
	}
	ses.end(err)
}

// endResult is how an association ended, in a word.
func endResult(err error) string {
	if err == nil || errors.Is(err, dimse.ErrReleased) {
		return "ok"
	}
	return "lost"
}

func (s *SCP) rejected(a *dimse.Association, r *dimse.RejectError) {
	s.Threads.Add(1)
	s.Meter.Association(metrics.In, s.PeerLabel(a.Calling()), "rejected")
	con := s.Console.Together()
	why := "no acceptable presentation context"
	switch {
	case r.Source != dimse.RejectByUser:
		why = "no room for more associations"
	case r.Reason == dimse.ReasonCallingAE:
		oplog.CallingNotAccepted(con)
		why = "calling AE is not a RemoteAE of dgatesop.lst"
	case r.Reason == dimse.ReasonCalledAE:
		oplog.CalledNotAccepted(con)
		why = "called AE is not a LocalAE of dgatesop.lst"
	case r.Reason == dimse.ReasonApplicationContext:
		oplog.ContextNotSupported(con)
		why = "application context is not in dgatesop.lst"
	default:
		s.logCandidates(con, a.Proposal())
		s.sayRefusedContexts(a)
	}
	con.Event("*** association refused", "calling", a.Calling(), "called", a.Called(), "peer", a.RemoteAddr(), "why", why)
	oplog.ConnectionEnded(con)
	con.Say()
}

// logCandidates tells what a request proposed in vain.
func (s *SCP) logCandidates(con *console.Together, rq *dimse.AssociateRQ) {
	candidates := 0
	for _, pc := range rq.Contexts {
		candidates += len(pc.TransferSyntaxes)
	}
	oplog.NoValidContexts(con, candidates)
	oplog.InContexts(con, len(rq.Contexts))
	oplog.PossibleTransferSyntaxes(con, len(s.SOPs.Current().Entries(dicomini.TransferSyntax)))
}

// header prints the beginning of an association, once.
func (ses *session) header(con *console.Together, syntaxes bool) {
	if ses.announced {
		return
	}
	ses.announced = true
	rq := ses.a.Proposal()
	if rq == nil {
		return
	}
	ses.started(con)
	oplog.AssociateRequest(con)
	oplog.CallingTitle(con, rq.Calling[:])
	oplog.CalledTitle(con, rq.Called[:])
	oplog.ApplicationContext(con, rq.ApplicationContext, rq.User.MaxPDU)
	if name := ses.userName(); name != "" {
		oplog.UserIdentity(con, name)
	}
	oplog.ProposedContexts(con, len(rq.Contexts))
	list := ses.s.SOPs.Current()
	for i, pc := range rq.Contexts {
		oplog.PresentationContext(con, i, pc.AbstractSyntax, flag(list.Allows(dicomini.AbstractSyntax, pc.AbstractSyntax)))
		if !syntaxes {
			continue
		}
		for k, ts := range pc.TransferSyntaxes {
			oplog.TransferSyntax(con, k, ts, flag(list.Allows(dicomini.TransferSyntax, ts)))
		}
	}
}

func (ses *session) started(con *console.Together) {
	oplog.ThreadSpace(con)
	oplog.ThreadStarted(con, ses.thread, ses.start.Format(console.Time))
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (ses *session) footer(con *console.Together) {
	oplog.ThreadEnded(con, ses.thread, time.Now().Format(console.Time))
	oplog.ThreadTime(con, ses.thread, int(time.Since(ses.start).Seconds()))
}

// end closes the books of an association.
func (ses *session) end(err error) {
	if !ses.silent {
		con := ses.s.Console.Together()
		if !ses.announced {
			if anyAccepted(ses.a) {
				ses.started(con)
				oplog.AssociationLost(con)
			} else {
				ses.header(con, true)
				oplog.AddSOP(con)
			}
		}
		if err != nil && !errors.Is(err, dimse.ErrReleased) && anyAccepted(ses.a) {
			con.Event("association ended early", "calling", ses.a.Calling(), "peer", ses.a.RemoteAddr(), "error", err)
		}
		ses.footer(con)
		con.Say()
	}
	ses.hookEnd()
	if ses.s.OpenThreads.Load() == 0 {
		ses.s.Forward.CloseImports()
	}
}

func anyAccepted(a *dimse.Association) bool {
	for _, pc := range a.Contexts() {
		if pc.Accepted() {
			return true
		}
	}
	return false
}

// message notes the arrival of a command in the log.
func (ses *session) message(m *dimse.Message) {
	if !ses.announced {
		ses.s.Counters.Associations.Add(1)
	}
	if ses.announced && !ses.s.Console.DebugOn() {
		return
	}
	con := ses.s.Console.Together()
	defer con.Say()
	ses.header(con, false)
	oplog.ServerCommand(con, uint16(m.Command.Field))
	oplog.MessageID(con, m.Command.MessageID)
	if m.Command.MoveOriginator != "" {
		oplog.MoveOriginatorID(con, m.Command.MoveOriginatorMessageID)
		oplog.MoveOriginatorAE(con, m.Command.MoveOriginator)
	}
}
