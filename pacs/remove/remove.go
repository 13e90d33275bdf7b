package remove

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
	"conquest/oplog"
	"conquest/pacs/site"
	"conquest/storage"
)

// Matching removes the objects that an identifier selects: rows first
// committed, then files and mirror copies.
func (s *Remover) Matching(ctx context.Context, cfg *dicomini.Config, keys *dicom.Dataset) error {
	return s.MatchingCounted(ctx, cfg, keys, func() *site.Job { return nil })
}

// MatchingCounted is deleteObjects with a job that starts when the objects are
// known.
func (s *Remover) MatchingCounted(ctx context.Context, cfg *dicomini.Config, keys *dicom.Dataset, start func() *site.Job) error {
	refs, err := s.Index.Locate(ctx, keys)
	if err != nil {
		return fmt.Errorf("find objects to delete: %w", err)
	}
	oplog.RemovingFiles(s.Console, len(refs))
	job := start()
	defer job.End()
	return s.Objects(ctx, cfg, job, refs)
}

func (s *Remover) Objects(ctx context.Context, cfg *dicomini.Config, job *site.Job, refs []db.ObjectRef) error {
	if len(refs) == 0 {
		return nil
	}
	if err := s.Index.Delete(ctx, refs...); err != nil {
		return fmt.Errorf("delete rows: %w", err)
	}
	dev := storage.NewDevices(cfg.Storage)
	for i, ref := range refs {
		oplog.RemovingObject(s.Console, ref.Device, ref.File)
		path, _, ok := dev.Locate(ref.Device, ref.File)
		if ok && os.Remove(path) == nil {
			storage.RemoveEmpty(path[:len(path)-len(ref.File)], filepath.Dir(path))
		} else {
			oplog.NotRemoved(s.Console, dev.Path(ref.Device)+ref.File)
		}
		s.MirrorCopy(dev, ref.Location)
		job.At(i, len(refs))
	}
	return nil
}

// Forget deletes index entries and leaves the files.
func (s *Remover) Forget(ctx context.Context, cfg *dicomini.Config, refs []db.ObjectRef) error {
	oplog.RemovingEntries(s.Console, len(refs))
	if len(refs) == 0 {
		return nil
	}
	dev := storage.NewDevices(cfg.Storage)
	for _, ref := range refs {
		oplog.FileBeingRemoved(s.Console, dev.Path(ref.Device)+ref.File)
	}
	if err := s.Index.Delete(ctx, refs...); err != nil {
		return fmt.Errorf("delete rows: %w", err)
	}
	return nil
}

// File removes the file of a deleted row and its mirror copy.
func (s *Remover) File(cfg *dicomini.Config, loc db.Location) {
	dev := storage.NewDevices(cfg.Storage)
	path, _, ok := dev.Locate(loc.Device, loc.File)
	if !ok {
		path = dev.Path(loc.Device) + loc.File
	}
	oplog.RemovedFile(s.Console, loc.Device, loc.File)
	oplog.FileBeingRemoved(s.Console, path)
	if err := os.Remove(path); err != nil {
		oplog.NotRemoved(s.Console, path)
	} else {
		storage.RemoveEmpty(strings.TrimSuffix(path, loc.File), filepath.Dir(path))
	}
	s.MirrorCopy(dev, loc)
}

// RefsOf are the index entries of an object: by patient ID and SOP instance UID.
func (s *Remover) RefsOf(ctx context.Context, id, sop string) ([]db.ObjectRef, error) {
	if sop == "" {
		return nil, errors.New("object has no SOP instance UID")
	}
	keys := dicom.NewDataset(2)
	keys.SetString(dicom.SOPInstanceUID, sop)
	if id = escapeWildcards(id); id != "" {
		keys.SetString(dicom.PatientID, id)
	}
	refs, err := s.Index.Locate(ctx, keys)
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

// MirrorCopy removes the mirror copy of a removed object.
func (s *Remover) MirrorCopy(dev *storage.Devices, loc db.Location) {
	if !strings.HasPrefix(loc.Device, "MAG") {
		return
	}
	dir := dev.Mirror(dicomini.Atoi(loc.Device[len("MAG"):]))
	if dir == "" || !storage.Exists(dir+loc.File) {
		return
	}
	if err := storage.Remove(dir, loc.File); err != nil {
		oplog.MirrorNotRemoved(s.Console, dir+loc.File)
	}
}
