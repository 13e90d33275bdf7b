package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/storage"
)

// Enter writes an object, without converters, and enters it in the index. One that is
// known is written in the place of its file, as on arrival. One that takes the place of
// a stored file (Incoming.Over) gets a name of its own, which is that of the old file
// where FileNameSyntax gives it again; the caller removes an old file of another name.
// With Incoming.Beside it always has another.
func (s *Store) Enter(ctx context.Context, cfg *dicomini.Config, in *Incoming) (Result, error) {
	sop := in.Object.String(dicom.SOPInstanceUID)
	defer s.Locks.Lock(sop)()
	var known db.Location
	found := false
	if in.Over == "" && !in.Beside && sop != "" {
		var err error
		if known, found, err = s.Index.Lookup(ctx, sop, in.Object.String(dicom.PatientID)); err != nil {
			return Result{}, fmt.Errorf("look object up: %w", err)
		}
	}
	p, staged, err := s.stageFor(ctx, cfg, in, known, found)
	if err != nil || staged == nil {
		return Result{}, err
	}
	defer func() { s.reserved.release(p.Dir + p.Location.File) }()
	for {
		err := s.commit(ctx, cfg, in, &p, p.Location.File, staged)
		if err == nil {
			break
		}
		if !errors.Is(err, errTaken) {
			return Result{}, err
		}
		s.reserved.release(p.Dir + p.Location.File)
		p.Location.File, _ = s.freeName(p.Dir, p.Location.File, in, true)
		staged.Rename(p.Location.File)
	}
	if p.replaces != nil && in.Over == "" && !in.Beside {
		s.removeReplaced(s.Devices(cfg), sop, *p.replaces, p.Location)
	}
	res := Result{Path: p.Dir + p.Location.File, Location: p.Location, rewrote: p.rewrite}
	if err := s.spread(ctx, cfg, in, res); err != nil {
		s.Console.Event("*** changed object not handed on", "error", err)
	}
	return res, nil
}

// Staged is an object written to a device, without its name yet.
type Staged struct {
	Location db.Location
	Path     string // that it will have
	place    Placement
	file     *storage.Staged
	store    *Store
}

// Stage writes an object that is to take the place of a stored file.
func (s *Store) Stage(ctx context.Context, cfg *dicomini.Config, in *Incoming) (*Staged, error) {
	p, file, err := s.stageFor(ctx, cfg, in, db.Location{}, false)
	if err != nil {
		return nil, err
	}
	return &Staged{Location: p.Location, Path: p.Dir + p.Location.File, place: p, file: file, store: s}, nil
}

// Over tells that the name is that of the old file, which [Staged.Commit] replaces.
func (g *Staged) Over() bool { return g.place.occupied }

// Commit gives the file its name, or another when that was taken meanwhile.
func (g *Staged) Commit() error {
	defer func() { g.store.reserved.release(g.Path) }()
	if g.Over() {
		return g.file.Commit()
	}
	for {
		err := g.file.CommitNew()
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		g.Location.File = g.store.unusedName(g.place.Dir, g.Location.File)
		g.file.Rename(g.Location.File)
		g.Path = g.place.Dir + g.Location.File
	}
}

// Discard removes a file that has no name yet.
func (g *Staged) Discard() {
	g.file.Discard()
	g.store.reserved.release(g.Path)
}

// stageFor chooses the name of an object and writes it, without the name yet. Nothing is
// written, without error, when an object that is known is not to be rewritten.
func (s *Store) stageFor(ctx context.Context, cfg *dicomini.Config, in *Incoming, known db.Location, found bool) (Placement, *storage.Staged, error) {
	fixes := storage.Fixes{Philips: cfg.FixPhilips, Kodak: cfg.FixKodak, AllowEmpty: cfg.AllowEmptyPatientID}
	storage.FixImage(s.Console, in.Object, fixes)
	if in.Object.String(dicom.SOPInstanceUID) == "" {
		err := &db.MissingUIDError{Column: "SOPInstanceUID"}
		oplog.Line(s.Console, err.Error())
		return Placement{}, nil, err
	}
	p, done, err := s.place(cfg, s.Devices(cfg), in, known, found)
	if err != nil || done {
		return p, nil, err
	}
	s.transcode.PlainForFile(ctx, cfg, in.Object, p.Dir+p.Location.File)
	staged, err := s.Writer(cfg).Stage(p.Dir, p.Location.File, in.Object)
	if err != nil {
		s.reserved.release(p.Dir + p.Location.File)
		oplog.WritingFailed(s.Console, p.Dir+p.Location.File)
		return p, nil, err
	}
	return p, staged, nil
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
