package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/storage"
)

// deleteCommands remove objects (docs/original/commands.md 3.3).
var deleteCommands = map[string]serverCommand{
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
var errUnconfirmed = errors.New("this deletes everything; to do so put " + confirmation + " behind it")

// confirmed takes the confirmation off an argument and tells whether what is
// left may be deleted: it selects less than everything or was confirmed.
// ConfirmDelete = 0 asks for no confirmation.
func (s *Server) confirmed(arg string, everything func(string) bool) (string, error) {
	rest, said := strings.CutSuffix(arg, confirmation)
	cfg := s.live.Current()
	if said || !everything(rest) || cfg.Int(cfg.Main(), "ConfirmDelete", 1) == 0 {
		return rest, nil
	}
	s.con.Operator("*** not deleted: %v", errUnconfirmed)
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

func runDeletePatient(ctx context.Context, c *commandCall) ([]byte, error) {
	return refusal(c.s.DeletePatient(ctx, c.arg, false))
}

// DeletePatient deletes the patients with this ID, wildcards allowed; an empty
// ID selects none. onlyIndex leaves the files.
func (s *Server) DeletePatient(ctx context.Context, id string, onlyIndex bool) error {
	id, err := s.confirmed(id, onlyWildcards)
	if err != nil || id == "" {
		return err
	}
	if onlyIndex {
		s.con.Operator("Deleting database entries for patient: %s", id)
	} else {
		s.con.Operator("Deleting patient: %s", id)
	}
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.PatientID, id)
	return s.deleteSelected(ctx, keys, onlyIndex)
}

func levelDeleter(level string, tag dicom.Tag) commandFunc {
	return func(ctx context.Context, c *commandCall) ([]byte, error) {
		return refusal(c.s.deleteLevel(ctx, level, tag, c.arg, false))
	}
}

// DeleteLevel deletes a study, series or image given as [PATIENT:]UID.
func (s *Server) DeleteLevel(ctx context.Context, level, what string, onlyIndex bool) error {
	tags := map[string]dicom.Tag{"study": dicom.StudyInstanceUID, "series": dicom.SeriesInstanceUID, "image": dicom.SOPInstanceUID}
	tag, ok := tags[level]
	if !ok {
		return fmt.Errorf("no level %s", level)
	}
	return s.deleteLevel(ctx, level, tag, what, onlyIndex)
}

func (s *Server) deleteLevel(ctx context.Context, level string, tag dicom.Tag, what string, onlyIndex bool) error {
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
		s.con.Operator("Deleting %s from: %s", level, said)
	case level == "image":
		s.con.Operator("Deleting database entry for image: %s", said)
	default:
		s.con.Operator("Deleting database entries for %s: %s", level, said)
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

func runDeleteStudies(ctx context.Context, c *commandCall) ([]byte, error) {
	date, err := c.s.confirmed(c.arg, func(d string) bool { return onlyWildcards(d) || d == "-" })
	if err != nil || date == "" {
		return refusal(err)
	}
	c.s.con.Operator("Deleting studies on date: %s", date)
	keys := dicom.NewDataset(1)
	keys.SetString(dicom.StudyDate, date)
	return nil, c.s.deleteSelected(ctx, keys, false)
}

// deleteSelected deletes what keys select, which must not be empty.
func (s *Server) deleteSelected(ctx context.Context, keys *dicom.Dataset, onlyIndex bool) error {
	cfg := s.live.Current()
	if !onlyIndex {
		return s.deleteCounted(ctx, cfg, keys, func() *job { return s.startJob(ctx, "deletedicom") })
	}
	refs, err := s.db.Locate(ctx, keys)
	if err != nil {
		return fmt.Errorf("find objects to delete: %w", err)
	}
	return s.forget(ctx, cfg, refs)
}

// forget deletes index entries and leaves the files.
func (s *Server) forget(ctx context.Context, cfg *dicomini.Config, refs []db.ObjectRef) error {
	s.con.Debug("RemoveFromPACS %d image database entries", len(refs))
	if len(refs) == 0 {
		return nil
	}
	dev := storage.NewDevices(cfg.Storage)
	for _, ref := range refs {
		s.con.Debug("IOD File being removed: %s", dev.Path(ref.Device)+ref.File)
	}
	if err := s.db.Delete(ctx, refs...); err != nil {
		return fmt.Errorf("delete rows: %w", err)
	}
	return nil
}

func runDeleteImageFile(ctx context.Context, c *commandCall) ([]byte, error) {
	return nil, c.s.DeleteImageFile(ctx, c.arg, false)
}

func runDeleteImageFromDB(ctx context.Context, c *commandCall) ([]byte, error) {
	return nil, c.s.DeleteImageFile(ctx, c.arg, true)
}

// DeleteImageFile deletes the object of a stored file, which is given with its
// device's path. onlyIndex leaves the file.
func (s *Server) DeleteImageFile(ctx context.Context, path string, onlyIndex bool) error {
	ds, err := s.loadFile(path)
	if err != nil {
		s.con.Operator("***[DeleteImageFile] %s -FAILED: Error on Load", path)
		return errSaid
	}
	s.con.Operator("Deleting database entry for image: %s", path)
	refs, err := s.refsOf(ctx, ds.String(dicom.PatientID), ds.String(dicom.SOPInstanceUID))
	if err != nil {
		return err
	}
	if onlyIndex {
		return s.forget(ctx, s.live.Current(), refs)
	}
	s.con.Debug("RemoveFromPACS %d images", len(refs))
	if len(refs) == 0 {
		return nil
	}
	if err := s.db.Delete(ctx, refs...); err != nil {
		return fmt.Errorf("delete rows: %w", err)
	}
	for _, ref := range refs {
		s.removeStored(s.live.Current(), ref.Location)
	}
	return nil
}

// refsOf are the index entries of an object: by patient ID and SOP instance UID.
func (s *Server) refsOf(ctx context.Context, id, sop string) ([]db.ObjectRef, error) {
	if sop == "" {
		return nil, errors.New("object has no SOP instance UID")
	}
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.SOPInstanceUID, sop)
	if id = escapeWildcards(id); id != "" {
		keys.SetString(dicom.PatientID, id)
	}
	refs, err := s.db.Locate(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("find object %s: %w", sop, err)
	}
	return refs, nil
}

// escapeWildcards keeps an ID of an object from selecting others.
func escapeWildcards(id string) string {
	if strings.ContainsAny(id, "*?") {
		return "" // the SOP instance UID alone selects
	}
	return id
}

// removeStored removes the file of a deleted row and its mirror copy.
func (s *Server) removeStored(cfg *dicomini.Config, loc db.Location) {
	dev := storage.NewDevices(cfg.Storage)
	path, _, ok := dev.Locate(loc.Device, loc.File)
	if !ok {
		path = dev.Path(loc.Device) + loc.File
	}
	s.con.Operator("Removed file: [%s:%s]", loc.Device, loc.File)
	s.con.Debug("IOD File being removed: %s", path)
	if err := os.Remove(path); err != nil {
		s.con.Operator("***Could not remove IOD %s", path)
	} else {
		storage.RemoveEmpty(strings.TrimSuffix(path, loc.File), filepath.Dir(path))
	}
	s.removeMirror(dev, loc)
}

func runDeleteSOPFromDB(ctx context.Context, c *commandCall) ([]byte, error) {
	f := strings.SplitN(c.arg, ",", 4)
	if len(f) < 4 {
		return nil, nil
	}
	for _, v := range f {
		if v == "" {
			return nil, nil
		}
	}
	return nil, c.s.db.Delete(ctx, db.ObjectRef{PatientID: f[0], StudyInstanceUID: f[1], SeriesInstanceUID: f[2], SOPInstanceUID: f[3]})
}

func runDeleteRecord(ctx context.Context, c *commandCall) ([]byte, error) {
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
	c.s.runSQL(ctx, statement)
	return nil, nil
}

// runSQL runs a statement and says in the words of the original when it fails.
func (s *Server) runSQL(ctx context.Context, statement string) {
	_, err := s.db.SQL(ctx, statement)
	s.saySQLFailure(err)
}

func (s *Server) saySQLFailure(err error) {
	var failed *db.SQLError
	switch {
	case errors.As(err, &failed):
		for _, line := range failed.Lines() {
			s.con.Operator("%s", line)
		}
	case err != nil:
		s.con.Event("*** database statement failed", "error", err)
	}
}
