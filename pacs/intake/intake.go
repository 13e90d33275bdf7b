package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/group"
	"conquest/luabind"
	"conquest/oplog"
	"conquest/pacs/pack"
	"conquest/pacs/store"
	"conquest/pacs/worklist"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// WatchIncoming takes in the files of MAG0/incoming, when that folder is there
// at start.
func (s *Intake) WatchIncoming(ctx context.Context, work *group.Group, cfg *dicomini.Config) {
	dir := storage.NewDevices(cfg.Storage).MAG(0) + "incoming" + string(filepath.Separator)
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return
	}
	oplog.Monitoring(s.Console, dir)
	s.watch(ctx, work, dir)
}

// WatchExtra takes in the files of WatchFolder.
func (s *Intake) WatchExtra(ctx context.Context, work *group.Group, cfg *dicomini.Config) {
	if cfg.WatchFolder == "" {
		return
	}
	oplog.AlsoMonitoring(s.Console, cfg.WatchFolder)
	s.watch(ctx, work, cfg.WatchFolder)
}

func (s *Intake) watch(ctx context.Context, work *group.Group, dir string) {
	w := s.watched(dir, source{ae: nobody})
	work.Go("watch "+dir, func() {
		if err := storage.Watch(ctx, w); err != nil {
			s.Console.Event("*** folder is not watched", "folder", dir, "error", err)
		}
	})
}

// watched is a folder whose files are taken in; with a patient ID as objects of
// that patient.
func (s *Intake) watched(dir string, from source) storage.Watched {
	return storage.Watched{
		Dir:  dir,
		Node: s.Live.Current().NodeName,
		Add:  func(ctx context.Context, path string) error { return s.take(ctx, path, from) },
		Later: func(err error, attempt int) bool {
			return mayPass(err) && (attempt < intakeTries || errors.Is(err, storage.ErrNoSpace))
		},
		Rejected: func(path string, reason error) {
			s.Console.Event("*** file set aside", "file", path, "reason", reason)
		},
		Failed: func(err error) { s.Console.Event("*** watched folder", "error", err) },
	}
}

// intakeTries is how often a file is tried when the failure may pass.
const intakeTries = 30

// mayPass tells whether a failure to take a file in is not the file's fault.
func mayPass(err error) bool {
	var link *db.LinkError
	var duplicate *db.DuplicateStudyError
	var conflict *db.ConflictError
	var missing *db.MissingUIDError
	var path *fs.PathError
	switch {
	case errors.Is(err, store.ErrRejected), errors.Is(err, worklist.ErrNoEntry), errors.Is(err, errBadFile):
		return false
	case errors.As(err, &link), errors.As(err, &duplicate), errors.As(err, &conflict), errors.As(err, &missing):
		return false
	}
	var sql *db.SQLError
	return errors.Is(err, storage.ErrNoSpace) || errors.As(err, &path) || errors.As(err, &sql) || errors.Is(err, context.DeadlineExceeded)
}

// errBadFile tells that a file is no object that can be stored.
var errBadFile = errors.New("no object that can be stored")

// LoadAndDelete takes in all files of a folder and deletes them; those that can
// not be added are set aside in it.
func (s *Intake) LoadAndDelete(ctx context.Context, folder, patientID string) error {
	if folder == "" {
		return nil
	}
	return storage.TakeOnce(ctx, s.watched(filepath.Clean(folder)+string(filepath.Separator), source{ae: s.Live.Current().MyACRNema, patientID: patientID}))
}

// take adds a file of any accepted kind: a DICOM object, HL7 worklist input or an
// archive of such.
func (s *Intake) take(ctx context.Context, path string, from source) error {
	if s.Draining.Load() {
		<-ctx.Done() // the file waits for the next start
		return ctx.Err()
	}
	cfg := s.Live.Current()
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".hl7":
		err := s.worklist.LoadHL7(ctx, path)
		if err != nil {
			oplog.HL7NotOpened(s.Console, path)
			return err
		}
		oplog.HL7Loaded(s.Console, path)
		return nil
	case ".gz", ".zip", ".tar", ".7z", ".tgz":
		return s.unpackAndTake(ctx, path, from)
	}
	err := s.addFile(ctx, cfg, path, from)
	if err != nil {
		caller := fileCaller(from.ae, path)
		defer caller.State.Close()
		s.Rules.Hook(ctx, cfg, scripting.RejectedImage, 0, rules.Request{Object: dicom.NewDataset(0), Caller: caller})
	}
	return err
}

// addFile stores the object of a file.
func (s *Intake) addFile(ctx context.Context, cfg *dicomini.Config, path string, from source) error {
	ctx, done := s.Work(ctx, "file")
	defer done()
	ds, err := s.ReadFile(ctx, path)
	if err != nil {
		oplog.AddNotLoaded(s.Console, path)
		return err
	}
	for _, t := range []dicom.Tag{dicom.PatientID, dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID} {
		if !ds.Has(t) {
			oplog.AddWithoutUIDs(s.Console, path)
			return fmt.Errorf("file %s has no element %s", path, t)
		}
	}
	if from.patientID != "" {
		if err := s.modify.NewPatientID(ctx, ds, from.patientID); err != nil {
			return err
		}
	}
	caller := fileCaller(from.ae, path)
	defer caller.State.Close()
	in := &store.Incoming{
		Object: ds, Origin: store.Dropped, Caller: caller,
		Convert: cfg.ImportExportDragAndDrop, Compression: cfg.DroppedFileCompression,
	}
	if _, err = s.store.Accept(ctx, cfg, in); err != nil {
		oplog.AddNotEntered(s.Console, path)
	}
	return err
}

// nobody is the AE title of files in watched folders: that of an association that
// names none.
const nobody = "                "

// source says how files are taken in: the AE title that they come from and go to,
// and a new patient ID, which gives the objects new UIDs.
type source struct {
	ae, patientID string
	quota         *pack.Quota // of the archive that they are in; nil: of none
}

// fileCaller is in whose name a file is added; its Lua state is to be closed.
func fileCaller(ae, file string) *rules.Party {
	return &rules.Party{
		CallingAE: ae, CalledAE: ae, Variables: &scripting.Vars{}, Trusted: true,
		State: &luabind.Session{Globals: map[string]any{"Filename": file}},
	}
}
