package server

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"conquest/audit"
	"conquest/dicomini"
	"conquest/login"
	"conquest/pacs/life"
	"conquest/pacs/site"
	"conquest/pacs/who"
	"conquest/web"
)

// openAudit opens the audit, where the site has one (AuditFile). A server whose audit
// can not be opened works on and says so.
func (s *Server) openAudit(ctx context.Context, cfg *dicomini.Config) {
	file := cfg.Value("AuditFile")
	if file == "" {
		return
	}
	key, err := AuditKey(cfg)
	if err == nil {
		s.audit, err = audit.Open(audit.Options{File: file, Key: key, Server: cfg.MyACRNema, Console: s.Console})
	}
	if err != nil {
		s.Console.Event("*** there is no audit: it can not be written", "file", file, "error", err)
		return
	}
	s.Accessed = s.auditAccess
	s.work.Go("audit", func() { s.audit.Run(ctx) })
	if to := cfg.Value("AuditSyslog"); to != "" {
		sender := &audit.Syslog{
			File: file, Address: to, CA: cfg.Value("AuditSyslogCA"), Cert: cfg.Value("AuditSyslogCertificate"), CertKey: cfg.Value("AuditSyslogKey"), Console: s.Console,
		}
		s.work.Go("audit to syslog", func() { sender.Send(ctx) })
	}
	s.audit.Note(audit.Event{ID: audit.ApplicationActivity, Type: audit.Start, Action: audit.Execute, Parties: []audit.Party{{ID: cfg.MyACRNema}}})
}

// AuditKey is the key of the chain of hashes, nil where the site has none.
func AuditKey(cfg *dicomini.Config) ([]byte, error) {
	name := cfg.Value("AuditKey")
	if name == "" {
		return nil, nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("AuditKey: %w", err)
	}
	return bytes.TrimSpace(b), nil
}

// closeAudit ends it.
func (s *Server) closeAudit() error {
	if s.audit == nil {
		return nil
	}
	s.audit.Note(audit.Event{ID: audit.ApplicationActivity, Type: audit.Stop, Action: audit.Execute, Parties: []audit.Party{{ID: s.Live.Current().MyACRNema}}})
	return s.audit.Close()
}

// alsoAudit is who is told of the events of the life line.
func (s *Server) alsoAudit() func([]life.Event) {
	if s.audit == nil {
		return nil
	}
	return func(events []life.Event) {
		for i := range events {
			if e, ok := s.audited(&events[i]); ok {
				s.audit.Tally(e)
			}
		}
	}
}

// audited is an event of the life line as the audit tells it.
func (s *Server) audited(e *life.Event) (a audit.Event, ok bool) {
	own := audit.Party{ID: s.Live.Current().MyACRNema}
	by := partyOf(e.By)
	a = audit.Event{Time: e.Time, Patient: e.Patient, Study: e.Study, Accession: e.Accession, Count: 1, Reason: e.Fact("error")}
	if a.Reason != "" {
		a.Outcome = audit.Minor
	}
	switch e.Kind {
	case life.Stored, life.Refused, life.Apart, life.Destroyed:
		a.ID, a.Action = audit.Transferred, audit.Create
		if strings.HasSuffix(e.By, "by file") || strings.HasSuffix(e.By, "by command") {
			a.ID = audit.Import
		}
		by.Source, own.Destination = true, true
		a.Parties = []audit.Party{by, own}
	case life.Sent, life.Failed, life.Given:
		a.ID, a.Action = audit.Transferred, audit.Read
		own.Source = true
		a.Parties = []audit.Party{own, {ID: e.Peer, Destination: true}}
		if by.ID != own.ID && by.ID != e.Peer {
			a.Parties = append(a.Parties, by)
		} else if by.ID == e.Peer {
			a.Parties[1].Requestor, a.Parties[1].Address = true, by.Address
		}
	case life.Deleted, life.Forgotten:
		a.ID, a.Action, a.Parties = audit.StudyDeleted, audit.Delete, []audit.Party{by}
	case life.Changed, life.Restored:
		a.ID, a.Action, a.Parties = audit.InstancesAccessed, audit.Update, []audit.Party{by}
	default:
		return a, false
	}
	if a.Parties[0].ID == own.ID {
		a.Parties[0].Requestor = true
	}
	return a, true
}

// partyOf is the actor of a text made by [who.Actor].
func partyOf(by string) audit.Party {
	if i := strings.LastIndex(by, " by "); i >= 0 {
		by = by[:i]
	}
	name, address, _ := strings.Cut(by, " at ")
	return audit.Party{ID: name, Address: address, Requestor: true}
}

// auditAccess tells of a question, or of reading.
func (s *Server) auditAccess(a site.Access) {
	e := audit.Event{
		ID: audit.Query, Action: audit.Execute, Patient: a.Patient, Study: a.Study, Class: a.Class, Query: a.Query, Count: a.Count,
		Parties: []audit.Party{{ID: a.By.Name, Address: a.By.Address, Requestor: true}, {ID: s.Live.Current().MyACRNema}},
	}
	if a.Failed {
		e.Outcome = audit.Minor
	}
	if a.Read {
		e.ID, e.Action = audit.InstancesAccessed, audit.Read
		s.audit.Tally(e)
		return
	}
	if e.Query == "" {
		e.Query = "all"
	}
	s.audit.Note(e)
}

// auditLogin tells of a login, a logout, or what was refused.
func (s *Server) auditLogin(e login.Event) {
	a := audit.Event{
		ID: audit.UserAuthentication, Type: audit.Login, Action: audit.Execute, Reason: e.Reason,
		Parties: []audit.Party{{ID: e.User, Address: e.Address.String(), Requestor: true}},
	}
	if !e.OK {
		a.Outcome = audit.Minor
	} else if e.How == "logout" {
		a.Type = audit.Logout
	}
	s.audit.Note(a)
}

// named puts into requests in whose name they come, for what is told later. Questions
// of pages and of the REST interface are told here: asks says which are some.
func (s *Server) named(way string, h http.Handler, asks func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := web.CallerOf(r.Context())
		a := who.Actor{Name: c.User, Way: way}
		if a.Name == "" {
			a.Name = "WEB"
		}
		if c.Address.IsValid() {
			a.Address = c.Address.String()
		}
		if s.audit != nil && asks != nil && asks(r) {
			s.auditAccess(site.Access{By: a, Query: r.URL.Path + "?" + r.URL.RawQuery})
		}
		h.ServeHTTP(w, r.WithContext(who.With(r.Context(), a)))
	})
}

// asksForPatients tells whether a request of pages, or of the REST interface, is about
// patients.
func asksForPatients(r *http.Request) bool {
	for _, part := range []string{"/studies", "/search", "/patients", "/worklist", "/life"} {
		if strings.Contains(r.URL.Path, part) {
			return true
		}
	}
	return false
}
