package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/rules"
	"conquest/storage"
)

// A change of a stored object is made in an order in which a complete copy of
// it exists at every moment: the changed object is written under a new name and
// entered, then the old one is removed. When the index refuses the changed
// object, the old one stays as it was.

// storedFile is a file on a MAG device.
type storedFile struct {
	path string
	loc  db.Location
	dir  string // of the device
}

var errNotOnMAG = errors.New("file does not exist or is not on a MAG device")

// onMAG finds the device of a file that is given with its device's path.
func (s *Server) onMAG(cfg *dicomini.Config, path string) (storedFile, error) {
	dev := storage.NewDevices(cfg.Storage)
	for n := range dev.MAGs() {
		dir := dev.MAG(n)
		if rel, ok := strings.CutPrefix(path, dir); ok && rel != "" && storage.Exists(path) {
			return storedFile{path, db.Location{File: rel, Device: "MAG" + strconv.Itoa(n)}, dir}, nil
		}
	}
	return storedFile{}, fmt.Errorf("%s: %w", path, errNotOnMAG)
}

// enter writes an object under a new name, without converters, and enters it in
// the index. An object whose SOP instance UID is known keeps its row, which then
// names the new file; the caller removes the old one.
func (s *Server) enter(ctx context.Context, cfg *dicomini.Config, in *arrival) (stored, error) {
	sop := in.ds.String(dicom.SOPInstanceUID)
	defer s.objects.lock(sop)()
	p, staged, err := s.stageNew(cfg, in)
	if err != nil {
		return stored{}, err
	}
	if err := s.commit(ctx, cfg, in, p, p.loc.File, staged); err != nil {
		return stored{}, err
	}
	res := stored{path: p.dir + p.loc.File, loc: p.loc}
	if err := s.spread(ctx, cfg, in, res); err != nil {
		s.con.Event("*** changed object not handed on", "error", err)
	}
	return res, nil
}

// stageNew writes an object to a device, without its name yet.
func (s *Server) stageNew(cfg *dicomini.Config, in *arrival) (placement, *storage.Staged, error) {
	fixes := storage.Fixes{Philips: cfg.FixPhilips, Kodak: cfg.FixKodak, AllowEmpty: cfg.AllowEmptyPatientID}
	for _, line := range storage.FixImage(in.ds, fixes) {
		s.con.Debug("%s", line)
	}
	if in.ds.String(dicom.SOPInstanceUID) == "" {
		err := &db.MissingUIDError{Column: "SOPInstanceUID"}
		s.con.Operator("%s", err)
		return placement{}, nil, err
	}
	p, _, err := s.place(cfg, storage.NewDevices(cfg.Storage), in, db.Location{}, false)
	if err != nil {
		return p, nil, err
	}
	p.loc.File = s.unusedName(p.dir, p.loc.File)
	staged, err := s.writer(cfg).Stage(p.dir, p.loc.File, in.ds)
	if err != nil {
		s.con.Operator("***Error writing file: %s", p.dir+p.loc.File)
		return p, nil, err
	}
	return p, staged, nil
}

// unusedName is a name that no file has, be it of the same object.
func (s *Server) unusedName(dir, name string) string {
	free := name
	for n := 1; ; n++ {
		if _, err := os.Lstat(dir + free); errors.Is(err, fs.ErrNotExist) {
			return free
		}
		free = storage.Unique(name, n)
	}
}

// change is a stored object and what it is to become.
type change struct {
	old    storedFile
	refs   []db.ObjectRef // index rows of the old object
	ds     *dicom.Dataset // the changed object
	sop    string         // of the old object
	id     string         // its patient ID
	caller rules.Caller
}

// replaceStored enters the changed object, then removes the old one.
func (s *Server) replaceStored(ctx context.Context, cfg *dicomini.Config, c *change) (stored, error) {
	res, err := s.enter(ctx, cfg, s.ownArrival(cfg, c.caller, c.ds))
	if err != nil {
		s.con.Operator("***Error entering object into server: %s", c.old.path)
		return res, err
	}
	return res, s.removeOld(ctx, cfg, c, res)
}

// removeOld removes the rows and files of the old object, those aside that the
// changed one has taken over.
func (s *Server) removeOld(ctx context.Context, cfg *dicomini.Config, c *change, res stored) error {
	var gone []db.ObjectRef
	for _, ref := range c.refs {
		if ref.SOPInstanceUID != c.ds.String(dicom.SOPInstanceUID) || ref.PatientID != c.ds.String(dicom.PatientID) {
			gone = append(gone, ref)
		}
	}
	if len(gone) > 0 {
		if err := s.db.Delete(ctx, gone...); err != nil {
			return fmt.Errorf("delete rows of %s: %w", c.old.path, err)
		}
	}
	s.removeOldFile(cfg, c.old, res.path)
	return nil
}

func (s *Server) removeOldFile(cfg *dicomini.Config, old storedFile, keep string) {
	if old.path == keep {
		return
	}
	s.con.Operator("Removed file: [%s:%s]", old.loc.Device, old.loc.File)
	s.con.Debug("IOD File being removed: %s", old.path)
	if err := os.Remove(old.path); err != nil {
		s.con.Operator("***Could not remove IOD %s", old.path)
		return
	}
	storage.RemoveEmpty(old.dir, filepath.Dir(old.path))
	s.removeMirror(storage.NewDevices(cfg.Storage), old.loc)
}

// wasRefused tells whether the index refused an object because of what it knows
// of its study, series or SOP instance.
func wasRefused(err error) bool {
	var link *db.LinkError
	var conflict *db.ConflictError
	return errors.As(err, &link) || errors.As(err, &conflict)
}

// removeQuietly removes a file that nobody knows of yet.
func removeQuietly(path string) { os.Remove(path) }
