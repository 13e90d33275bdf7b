package scp

import (
	"bytes"
	"context"
	"errors"

	"conquest/db"
	"conquest/dicom"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pacs/find"
	"conquest/pacs/site"
)

// queryModel is a C-FIND information model.
type queryModel struct {
	model   db.Model
	name    string // "PatientRootQuery"
	located string // "PatientRoot"
}

var findModels = map[string]queryModel{
	dimse.PatientRootFind:      {db.PatientRoot, "PatientRootQuery", "PatientRoot"},
	dimse.StudyRootFind:        {db.StudyRoot, "StudyRootQuery", "StudyRoot"},
	dimse.PatientStudyOnlyFind: {db.PatientStudyOnly, "PatientStudyOnlyQuery", "PatientStudyOnly"},
	dimse.ModalityWorklistFind: {db.ModalityWorklist, "ModalityWorkListQuery", "Modality Work List"},
}

// Statuses of queries that are not in the standard's list (docs/original/network.md 2.3).
const (
	statusFindRefused dimse.Status = 0xc011
)

// serveFind handles a C-FIND request.
func (ses *session) serveFind(ctx context.Context, m *dimse.Message, command *dicom.Dataset, qm queryModel) error {
	s := ses.s
	if m.Data == nil {
		return ses.unknownCommand(m)
	}
	identifier, err := m.Data.Dataset(dicom.ParseOptions{})
	if err != nil {
		return ses.refuseIdentifier(m, err)
	}
	oplog.SearchLevel(s.Console, qm.name, paddedLevel(identifier))
	answers, err := s.Find.Find(ctx, ses, find.Query{Model: qm.model, Identifier: identifier, Command: command})
	if errors.Is(err, find.ErrRefused) {
		oplog.Located(s.Console, qm.located, 0)
		return ses.a.ReplyStatus(m, statusFindRefused, err.Error())
	}
	n := 0
	if err == nil {
		err = ses.sendAnswers(m, answers)
		n = answers.Located
	}
	if s.Accessed != nil {
		s.Access(site.Access{By: site.Actor(ctx, ses, "C-FIND"), Class: m.Command.AffectedSOPClassUID, Query: site.KeysOf(identifier), Count: n, Failed: err != nil})
	}
	if err != nil && errors.Is(context.Cause(ctx), dimse.ErrCancelled) {
		oplog.CancelReceived(s.Console)
		return ses.a.ReplyStatus(m, dimse.StatusCancel, "")
	}
	if err != nil {
		return ses.refuseQuery(m, qm, n, err)
	}
	oplog.Located(s.Console, qm.located, n)
	return ses.a.ReplyStatus(m, dimse.Success, "")
}

// paddedLevel is the query level with the padding of the request, as logged.
func paddedLevel(identifier *dicom.Dataset) string {
	v, _, _ := bytes.Cut(identifier.Value(dicom.QueryRetrieveLevel), []byte{0})
	return string(v[:min(len(v), 10)])
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
		ses.s.SaySQLError(err)
	}
	oplog.Located(ses.s.Console, qm.located, n)
	if !bySQL {
		ses.s.Console.Event("*** query failed", "calling", ses.a.Calling(), "error", err)
	}
	return ses.a.ReplyStatus(m, status, "")
}

// sendAnswers sends each answer.
func (ses *session) sendAnswers(m *dimse.Message, answers *find.Answers) error {
	for answer, err := range answers.All {
		if err != nil {
			return err
		}
		if err := ses.a.Reply(m, dimse.Command{Status: dimse.Pending}, dimse.NewData(answer)); err != nil {
			return err
		}
	}
	return nil
}
