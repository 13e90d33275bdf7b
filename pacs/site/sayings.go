package site

import (
	"context"
	"errors"
	"fmt"

	"conquest/db"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/oplog"
)

// SayFree tells the debug channel the MByte that were found free in a folder of a
// device. Where no threshold counts nothing is measured, and nothing said.
func (s *Site) SayFree(cfg *dicomini.Config, free int, dir string) {
	if !cfg.IgnoreMAGDeviceThreshHold {
		oplog.FreeSpace(s.Console, free, dir)
	}
}

// SaySQLError logs a failed statement of a script in the words of the original.
func (s *Site) SaySQLError(err error) {
	line := "*** " + err.Error()
	var failed *db.SQLError
	if errors.As(err, &failed) && len(failed.Lines()) > 0 {
		line = failed.Lines()[0]
	}
	oplog.Line(s.Console, line)
}

// RunSQL runs a statement and says in the words of the original when it fails.
func (s *Site) RunSQL(ctx context.Context, statement string) {
	_, err := s.Index.SQL(ctx, statement)
	s.SaySQLFailure(err)
}

func (s *Site) SaySQLFailure(err error) {
	var failed *db.SQLError
	switch {
	case errors.As(err, &failed):
		for _, line := range failed.Lines() {
			oplog.Line(s.Console, line)
		}
	case err != nil:
		s.Console.Event("*** database statement failed", "error", err)
	}
}

// SetStatus sets what status_string answers.
func (s *Site) SetStatus(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	s.Status.Store(&text)
}

func (s *Site) SayRefused(err error, loc db.Location) {
	var link *db.LinkError
	var duplicate *db.DuplicateStudyError
	var conflict *db.ConflictError
	var missing *db.MissingUIDError
	if errors.As(err, &link) || errors.As(err, &duplicate) || errors.As(err, &conflict) || errors.As(err, &missing) {
		oplog.Line(s.Console, err.Error())
	} else {
		s.Console.Event("*** index does not take the object", "error", err)
	}
	oplog.SQLFailed(s.Console, loc.File)
}

func (s *Site) SayLine(line string) { oplog.Line(s.Console, line) }

// ErrSaid is a failure that the console has been told in the original's words.
var ErrSaid = errors.New("failed as the console says")

// SayQueueError logs that a journal on disk can not be written.
func (s *Site) SayQueueError(err error) { s.Console.Event("*** queue on disk", "error", err) }

// JournalOptions are those of all journals of the site.
func (s *Site) JournalOptions(cfg *dicomini.Config) journal.Options {
	return journal.Options{Sync: cfg.SyncWrites, Tell: s.SayQueueError}
}
