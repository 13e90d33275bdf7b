package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/oplog"
	"conquest/pacs/site"
)

// deleteCommands remove objects (docs/original/commands.md 3.3).
var deleteCommands = map[string]row{
	"deletepatient":     {runDeletePatient, "PATIENT", "delete a patient; * and ? select several, a * alone needs |confirm behind it"},
	"deletestudy":       {levelDeleter("study", dicom.StudyInstanceUID), "[PATIENT:]STUDY", "delete a study; PATIENT: deletes all of a patient"},
	"deleteseries":      {levelDeleter("series", dicom.SeriesInstanceUID), "[PATIENT:]SERIES", "delete a series"},
	"deleteimage":       {levelDeleter("image", dicom.SOPInstanceUID), "[PATIENT:]SOP", "delete an object"},
	"deletestudies":     {runDeleteStudies, "DATE[-DATE]", "delete the studies of a date or range"},
	"deleteimagefile":   {runDeleteImageFile, "FILE", "delete the object of a stored file"},
	"deleteimagefromdb": {runDeleteImageFromDB, "FILE", "delete the object of a stored file from the index, the file stays"},
	"deletesopfromdb":   {runDeleteSOPFromDB, "PATIENT,STUDY,SERIES,SOP", "delete an object from the index, the file stays"},
	"deleterecord":      {runDeleteRecord, "TABLE,WHERE", "delete rows of a database table; without a condition it needs |confirm"},
}

// confirmation stands behind an argument that would delete everything.
const confirmation = "|confirm"

// errUnconfirmed refuses to delete everything.
var errUnconfirmed = errors.New("this deletes everything; to do so put " + confirmation + " behind it, or set ConfirmDelete = 0")

// confirmed takes the confirmation off an argument and tells whether what is
// left may be deleted: it selects less than everything or was confirmed.
// ConfirmDelete = 0 asks for no confirmation.
func (s *Commands) confirmed(arg string, everything func(string) bool) (string, error) {
	rest, said := strings.CutSuffix(arg, confirmation)
	cfg := s.Live.Current()
	if said || !everything(rest) || cfg.Int(cfg.Main(), "ConfirmDelete", 1) == 0 {
		return rest, nil
	}
	oplog.NotConfirmed(s.Console, errUnconfirmed)
	return "", errUnconfirmed
}

// onlyWildcards tells whether a key matches every value.
func onlyWildcards(key string) bool {
	return key != "" && strings.Trim(key, "*? ") == ""
}

// refusal answers a deletion that was not confirmed.
func refusal(err error) ([]byte, error) {
	if errors.Is(err, errUnconfirmed) {
		return textAnswer("1 not deleted: %v", err), nil
	}
	return nil, err
}

func runDeletePatient(ctx context.Context, c *call) ([]byte, error) {
	return refusal(c.s.DeletePatient(ctx, c.arg, false))
}

// DeletePatient deletes the patients with this ID, wildcards allowed; an empty
// ID selects none. onlyIndex leaves the files.
func (s *Commands) DeletePatient(ctx context.Context, id string, onlyIndex bool) error {
	id, err := s.confirmed(id, onlyWildcards)
	if err != nil || id == "" {
		return err
	}
	if onlyIndex {
		oplog.DeletingEntriesOfPatient(s.Console, id)
	} else {
		oplog.DeletingPatient(s.Console, id)
	}
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.PatientID, id)
	return s.deleteSelected(ctx, keys, onlyIndex)
}

func levelDeleter(level string, tag dicom.Tag) handler {
	return func(ctx context.Context, c *call) ([]byte, error) {
		return refusal(c.s.deleteLevel(ctx, level, tag, c.arg, false))
	}
}

// DeleteLevel deletes a study, series or image given as [PATIENT:]UID.
func (s *Commands) DeleteLevel(ctx context.Context, level, what string, onlyIndex bool) error {
	tags := map[string]dicom.Tag{"study": dicom.StudyInstanceUID, "series": dicom.SeriesInstanceUID, "image": dicom.SOPInstanceUID}
	tag, ok := tags[level]
	if !ok {
		return fmt.Errorf("no level %s", level)
	}
	return s.deleteLevel(ctx, level, tag, what, onlyIndex)
}

func (s *Commands) deleteLevel(ctx context.Context, level string, tag dicom.Tag, what string, onlyIndex bool) error {
	patient, uid := "", what
	said := what
	if i := strings.LastIndexByte(what, ':'); i >= 0 {
		patient, uid = what[:i], what[i+1:]
		said = patient
	}
	all := func(uid string) bool {
		return (patient == "" || onlyWildcards(patient)) && (uid == "" || onlyWildcards(uid))
	}
	if patient == "" && uid == "" {
		return nil
	}
	uid, err := s.confirmed(uid, all)
	if err != nil {
		return err
	}
	switch {
	case !onlyIndex:
		oplog.DeletingFrom(s.Console, level, said)
	case level == "image":
		oplog.DeletingEntry(s.Console, said)
	default:
		oplog.DeletingEntries(s.Console, level, said)
	}
	keys := dicom.NewDataset(2)
	if patient != "" {
		keys.SetString(dicom.PatientID, patient)
	}
	if uid != "" {
		keys.SetString(tag, uid)
	}
	return s.deleteSelected(ctx, keys, onlyIndex)
}

func runDeleteStudies(ctx context.Context, c *call) ([]byte, error) {
	date, err := c.s.confirmed(c.arg, func(d string) bool { return onlyWildcards(d) || d == "-" })
	if err != nil || date == "" {
		return refusal(err)
	}
	oplog.DeletingStudiesOf(c.s.Console, date)
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.StudyDate, date)
	return nil, c.s.deleteSelected(ctx, keys, false)
}

// deleteSelected deletes what keys select, which must not be empty.
func (s *Commands) deleteSelected(ctx context.Context, keys *dicom.Dataset, onlyIndex bool) error {
	cfg := s.Live.Current()
	if !onlyIndex {
		return s.Remove.MatchingCounted(ctx, cfg, keys, func() *site.Job { return s.StartJob(ctx, "deletedicom") })
	}
	refs, err := s.Index.Locate(ctx, keys)
	if err != nil {
		return fmt.Errorf("find objects to delete: %w", err)
	}
	return s.Remove.Forget(ctx, cfg, refs)
}

func runDeleteImageFile(ctx context.Context, c *call) ([]byte, error) {
	return nil, c.s.DeleteImageFile(ctx, c.arg, false)
}

func runDeleteImageFromDB(ctx context.Context, c *call) ([]byte, error) {
	return nil, c.s.DeleteImageFile(ctx, c.arg, true)
}

// DeleteImageFile deletes the object of a stored file, which is given with its
// device's path. onlyIndex leaves the file.
func (s *Commands) DeleteImageFile(ctx context.Context, path string, onlyIndex bool) error {
	ds, err := s.ReadFile(ctx, path)
	if err != nil {
		oplog.DeleteNotLoaded(s.Console, path)
		return site.ErrSaid
	}
	oplog.DeletingEntry(s.Console, path)
	refs, err := s.Remove.RefsOf(ctx, ds.String(dicom.PatientID), ds.String(dicom.SOPInstanceUID))
	if err != nil {
		return err
	}
	if onlyIndex {
		return s.Remove.Forget(ctx, s.Live.Current(), refs)
	}
	oplog.RemovingImages(s.Console, len(refs))
	return s.Remove.One(ctx, s.Live.Current(), refs)
}

func runDeleteSOPFromDB(ctx context.Context, c *call) ([]byte, error) {
	f := c.fields
	if !c.has(3) || slices.Contains(f, "") {
		return nil, nil
	}
	return nil, c.s.Index.Delete(ctx, db.ObjectRef{PatientID: f[0], StudyInstanceUID: f[1], SeriesInstanceUID: f[2], SOPInstanceUID: f[3]})
}

func runDeleteRecord(ctx context.Context, c *call) ([]byte, error) {
	arg, err := c.s.confirmed(c.arg, func(a string) bool {
		_, where, _ := strings.Cut(a, ",")
		return strings.TrimSpace(where) == ""
	})
	if err != nil {
		return refusal(err)
	}
	table, where, _ := strings.Cut(arg, ",")
	statement := "DELETE FROM " + table
	if strings.TrimSpace(where) != "" {
		statement += " WHERE " + where
	}
	c.s.RunSQL(ctx, statement)
	return nil, nil
}
