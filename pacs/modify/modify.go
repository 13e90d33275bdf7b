package modify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/store"
	"conquest/pacs/undo"
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
func (s *Modifier) onMAG(cfg *dicomini.Config, path string) (storedFile, error) {
	dev := storage.NewDevices(cfg.Storage)
	for n := range dev.MAGs() {
		dir := dev.MAG(n)
		if rel, ok := strings.CutPrefix(path, dir); ok && rel != "" && storage.Exists(path) {
			return storedFile{path, db.Location{File: rel, Device: "MAG" + strconv.Itoa(n)}, dir}, nil
		}
	}
	return storedFile{}, fmt.Errorf("%s: %w", path, errNotOnMAG)
}

// change is a stored object and what it is to become.
type change struct {
	old    storedFile
	refs   []db.ObjectRef // index rows of the old object
	ds     *dicom.Dataset // the changed object
	sop    string         // of the old object
	id     string         // its patient ID
	caller rules.Caller
	kept   undo.Kept // by which the old file is set aside
}

// replaceStored enters the changed object, then removes the old one.
func (s *Modifier) replaceStored(ctx context.Context, cfg *dicomini.Config, c *change) (store.Result, error) {
	in := s.incoming(cfg, c)
	res, err := s.store.Enter(ctx, cfg, in)
	if err != nil {
		oplog.ModifyNotEntered(s.Console, c.old.path)
		return res, err
	}
	err = s.removeOld(ctx, cfg, c, res)
	return res, err
}

// incoming is the changed object on its way to the place of the old one, whose name it
// may get unless the old file is to be kept.
func (s *Modifier) incoming(cfg *dicomini.Config, c *change) *store.Incoming {
	in := s.store.Own(cfg, c.caller, c.ds)
	if in.Beside = c.kept.Keeps(); !in.Beside {
		in.Over = c.old.path
	}
	return in
}

// removeOld removes the rows and files of the old object, those aside that the
// changed one has taken over.
func (s *Modifier) removeOld(ctx context.Context, cfg *dicomini.Config, c *change, res store.Result) error {
	var gone []db.ObjectRef
	for _, ref := range c.refs {
		if ref.SOPInstanceUID != c.ds.String(dicom.SOPInstanceUID) || ref.PatientID != c.ds.String(dicom.PatientID) {
			gone = append(gone, ref)
		}
	}
	if len(gone) > 0 {
		if err := s.Index.Delete(ctx, gone...); err != nil {
			return fmt.Errorf("delete rows of %s: %w", c.old.path, err)
		}
	}
	s.removeOldFile(cfg, c, res.Path)
	return nil
}

func (s *Modifier) removeOldFile(cfg *dicomini.Config, c *change, keep string) {
	old := c.old
	if old.path == keep {
		return
	}
	oplog.RemovedFile(s.Console, old.loc.Device, old.loc.File)
	oplog.FileBeingRemoved(s.Console, old.path)
	if err := c.kept.Discard(old.path); err != nil {
		oplog.NotRemoved(s.Console, old.path)
		return
	}
	storage.RemoveEmpty(old.dir, filepath.Dir(old.path))
	s.remove.MirrorCopy(storage.NewDevices(cfg.Storage), old.loc)
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
