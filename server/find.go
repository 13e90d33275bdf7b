package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/dimse"
	"conquest/rules"
	"conquest/scripting"
)

// queryModel is a C-FIND information model.
type queryModel struct {
	model    db.Model
	name     string // "PatientRootQuery"
	located  string // "PatientRoot"
	worklist bool
}

var findModels = map[string]queryModel{
	dimse.PatientRootFind:      {db.PatientRoot, "PatientRootQuery", "PatientRoot", false},
	dimse.StudyRootFind:        {db.StudyRoot, "StudyRootQuery", "StudyRoot", false},
	dimse.PatientStudyOnlyFind: {db.PatientStudyOnly, "PatientStudyOnlyQuery", "PatientStudyOnly", false},
	dimse.ModalityWorklistFind: {db.ModalityWorklist, "ModalityWorkListQuery", "Modality Work List", true},
}

// Statuses of queries that are not in the standard's list (docs/original/network.md 2.3).
const (
	statusFindRefused dimse.Status = 0xc011
)

// serveFind handles a C-FIND request.
func (ses *session) serveFind(ctx context.Context, m *dimse.Message, command *dicom.Dataset, qm queryModel) error {
	s := ses.s
	cfg := s.live.Current()
	if m.Data == nil {
		return ses.unknownCommand(m)
	}
	identifier, err := m.Data.Dataset(dicom.ParseOptions{})
	if err != nil {
		s.con.Operator("***%v", err)
		ses.clientError(m)
		return fmt.Errorf("read identifier of C-FIND: %w", err)
	}
	s.con.Operator("(%s) search level: %s", qm.name, paddedLevel(identifier))
	q := ses.request(identifier, command)
	kind := scripting.Query
	if qm.worklist {
		kind = scripting.WorkListQuery
	}
	if s.rules.Hook(ctx, cfg, kind, 0, q).Action == rules.Destroy {
		s.con.Operator("C-Find (%s) located 0 records", qm.located)
		return ses.a.ReplyStatus(m, statusFindRefused, "refused by a query converter")
	}
	if !qm.worklist {
		s.net.prefetcher.Queried(identifier)
	}
	answers, err := s.find(ctx, cfg, ses, qm, identifier)
	n := 0
	if err == nil {
		n, err = ses.sendAnswers(ctx, cfg, m, command, qm, answers)
	}
	if err != nil && errors.Is(context.Cause(ctx), dimse.ErrCancelled) {
		s.con.Operator("Recieved cancel request")
		return ses.a.ReplyStatus(m, dimse.StatusCancel, "")
	}
	if err != nil {
		return ses.refuseQuery(m, qm, n, err)
	}
	s.con.Operator("C-Find (%s) located %d records", qm.located, n)
	return ses.a.ReplyStatus(m, dimse.Success, "")
}

// paddedLevel is the query level with the padding of the request, as logged.
func paddedLevel(identifier *dicom.Dataset) string {
	v, _, _ := bytes.Cut(identifier.Value(dicom.QueryRetrieveLevel), []byte{0})
	return string(v[:min(len(v), 10)])
}

func (ses *session) request(object, command *dicom.Dataset) rules.Request {
	return rules.Request{Object: object, Command: command, Caller: ses}
}

// refuseQuery answers a query that failed behind n answers, with the status of
// the error.
func (ses *session) refuseQuery(m *dimse.Message, qm queryModel, n int, err error) error {
	status := dimse.UnableToProcess
	var refused *db.StatusError
	if errors.As(err, &refused) {
		status = dimse.Status(refused.Status)
	}
	var failed *db.SQLError
	bySQL := errors.As(err, &failed)
	if bySQL {
		ses.s.saySQLError(err)
	}
	ses.s.con.Operator("C-Find (%s) located %d records", qm.located, n)
	if !bySQL {
		ses.s.con.Event("*** query failed", "calling", ses.a.Calling(), "error", err)
	}
	return ses.a.ReplyStatus(m, status, "")
}

// sendAnswers sends each answer after QueryResultConverter0 has seen it. It counts
// all of them, also those that the converter destroyed.
func (ses *session) sendAnswers(ctx context.Context, cfg *dicomini.Config, m *dimse.Message, command *dicom.Dataset, qm queryModel, answers iter.Seq2[*dicom.Dataset, error]) (int, error) {
	kind := scripting.QueryResult
	if qm.worklist {
		kind = scripting.ModalityWorkListQueryResult
	}
	_, convert := cfg.Converter(kind.Name(), 0)
	n := 0
	for answer, err := range answers {
		if err != nil {
			return n, err
		}
		if ctx.Err() != nil {
			return n, context.Cause(ctx)
		}
		n++
		if convert && ses.s.rules.Hook(ctx, cfg, kind, 0, ses.request(answer, command)).Action == rules.Destroy {
			continue
		}
		if err := ses.a.Reply(m, dimse.Command{Status: dimse.Pending}, dimse.NewData(answer)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// find answers an identifier from the index and from the virtual servers.
func (s *Server) find(ctx context.Context, cfg *dicomini.Config, caller rules.Caller, qm queryModel, identifier *dicom.Dataset) (iter.Seq2[*dicom.Dataset, error], error) {
	if qm.worklist || !s.hasVirtualServers(cfg, identifier) {
		return s.db.Find(ctx, qm.model, identifier, db.FindOptions{HidePaths: !administrator(caller)})
	}
	return s.findMerged(ctx, cfg, caller, qm, identifier)
}
