package store

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/storage"
)

// Enter writes an object under a new name, without converters, and enters it in
// the index. An object whose SOP instance UID is known keeps its row, which then
// names the new file; the caller removes the old one.
func (s *Store) Enter(ctx context.Context, cfg *dicomini.Config, in *Incoming) (Result, error) {
	sop := in.Object.String(dicom.SOPInstanceUID)
	defer s.Locks.Lock(sop)()
	p, staged, err := s.StageNew(cfg, in)
	if err != nil {
		return Result{}, err
	}
	for {
		err := s.commit(ctx, cfg, in, &p, p.Location.File, staged)
		if err == nil {
			break
		}
		if !errors.Is(err, errTaken) {
			return Result{}, err
		}
		p.Location.File = s.unusedName(p.Dir, p.Location.File)
		staged.Rename(p.Location.File)
	}
	res := Result{Path: p.Dir + p.Location.File, Location: p.Location}
	if err := s.spread(ctx, cfg, in, res); err != nil {
		s.Console.Event("*** changed object not handed on", "error", err)
	}
	return res, nil
}

// StageNew writes an object to a device, without its name yet.
func (s *Store) StageNew(cfg *dicomini.Config, in *Incoming) (Placement, *storage.Staged, error) {
	fixes := storage.Fixes{Philips: cfg.FixPhilips, Kodak: cfg.FixKodak, AllowEmpty: cfg.AllowEmptyPatientID}
	storage.FixImage(s.Console, in.Object, fixes)
	if in.Object.String(dicom.SOPInstanceUID) == "" {
		err := &db.MissingUIDError{Column: "SOPInstanceUID"}
		oplog.Line(s.Console, err.Error())
		return Placement{}, nil, err
	}
	p, _, err := s.place(cfg, s.Devices(cfg), in, db.Location{}, false)
	if err != nil {
		return p, nil, err
	}
	p.Location.File = s.unusedName(p.Dir, p.Location.File)
	staged, err := s.Writer(cfg).Stage(p.Dir, p.Location.File, in.Object)
	if err != nil {
		oplog.WritingFailed(s.Console, p.Dir+p.Location.File)
		return p, nil, err
	}
	return p, staged, nil
}

// CommitNew gives a staged file its name, or another when that is taken.
func (s *Store) CommitNew(p *Placement, staged *storage.Staged) error {
	for {
		err := staged.CommitNew()
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		p.Location.File = s.unusedName(p.Dir, p.Location.File)
		staged.Rename(p.Location.File)
	}
}

// unusedName is a name that no file has, be it of the same object.
func (s *Store) unusedName(dir, name string) string {
	free := name
	for n := 1; ; n++ {
		if _, err := os.Lstat(dir + free); errors.Is(err, fs.ErrNotExist) {
			return free
		}
		free = storage.Unique(name, n)
	}
}
