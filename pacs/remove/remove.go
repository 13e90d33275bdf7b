package remove

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/oplog"
	"conquest/pacs/life"
	"conquest/pacs/site"
	"conquest/pacs/undo"
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
	return s.Delete(ctx, cfg, job, asked(keys), refs)
}

// Delete removes objects that somebody asked to be deleted; what says in which
// words. They can be had back for UndoHours.
func (s *Remover) Delete(ctx context.Context, cfg *dicomini.Config, job *site.Job, what string, refs []db.ObjectRef) error {
	if len(refs) == 0 {
		return nil
	}
	deed, err := s.Undo.Begin(ctx, cfg, undo.Deleted, what)
	if err != nil {
		return err
	}
	defer deed.End()
	err = s.objects(ctx, cfg, job, deed, refs)
	s.noteRemoved(ctx, life.Deleted, deed, refs, err)
	return err
}

// asked is an identifier in words.
func asked(keys *dicom.Dataset) string {
	var list []string
	for e := range keys.All() {
		if v := e.String(); v != "" {
			list = append(list, dicom.CurrentDictionary().Keyword(e.Tag)+" "+v)
		}
	}
	return strings.Join(list, ", ")
}

// Objects removes objects at once and for good: those that passed through, or whose
// room is needed.
func (s *Remover) Objects(ctx context.Context, cfg *dicomini.Config, job *site.Job, refs []db.ObjectRef) error {
	err := s.objects(ctx, cfg, job, nil, refs)
	s.noteRemoved(ctx, life.Deleted, nil, refs, err)
	return err
}

func (s *Remover) objects(ctx context.Context, cfg *dicomini.Config, job *site.Job, deed *undo.Deed, refs []db.ObjectRef) error {
	if len(refs) == 0 {
		return nil
	}
	kept, err := s.deleteRows(ctx, deed, refs)
	if err != nil {
		return err
	}
	dev := storage.NewDevices(cfg.Storage)
	for i, ref := range refs {
		oplog.RemovingObject(s.Console, ref.Device, ref.File)
		s.Did(site.DidDelete, ref.PatientID, ref.SOPInstanceUID, ref.File)
		path, _, ok := dev.Locate(ref.Device, ref.File)
		if ok && kept[i].Discard(path) == nil {
			storage.RemoveEmpty(path[:len(path)-len(ref.File)], filepath.Dir(path))
		} else {
			oplog.NotRemoved(s.Console, dev.Path(ref.Device)+ref.File)
		}
		s.MirrorCopy(dev, ref.Location)
		job.At(i, len(refs))
	}
	return nil
}

// deleteRows deletes the rows of objects, noted in a deed before; kept are what
// discards their files, one for each.
func (s *Remover) deleteRows(ctx context.Context, deed *undo.Deed, refs []db.ObjectRef) (kept []undo.Kept, err error) {
	if kept, err = deed.Deleting(ctx, refs, false); err != nil {
		return nil, err
	}
	if kept == nil {
		kept = make([]undo.Kept, len(refs))
	}
	if err := s.Index.Delete(ctx, refs...); err != nil {
		return nil, fmt.Errorf("delete rows: %w", err)
	}
	return kept, nil
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
		s.Did(site.DidDelete, ref.PatientID, ref.SOPInstanceUID, "the file stays")
	}
	deed, err := s.Undo.Begin(ctx, cfg, undo.Forgotten, refs[0].SOPInstanceUID)
	if err != nil {
		return err
	}
	defer deed.End()
	if _, err := deed.Deleting(ctx, refs, true); err != nil {
		return err
	}
	if err := s.Index.Delete(ctx, refs...); err != nil {
		return fmt.Errorf("delete rows: %w", err)
	}
	s.noteRemoved(ctx, life.Forgotten, deed, refs, nil)
	return nil
}

// One deletes the rows of one object, then its files and their mirror copies.
func (s *Remover) One(ctx context.Context, cfg *dicomini.Config, refs []db.ObjectRef) error {
	if len(refs) == 0 {
		return nil
	}
	deed, err := s.Undo.Begin(ctx, cfg, undo.Deleted, refs[0].SOPInstanceUID)
	if err != nil {
		return err
	}
	defer deed.End()
	kept, err := s.deleteRows(ctx, deed, refs)
	if err != nil {
		return err
	}
	for i, ref := range refs {
		s.file(cfg, ref.Location, kept[i])
	}
	s.noteRemoved(ctx, life.Deleted, deed, refs, nil)
	return nil
}

// file removes the file of a deleted row and its mirror copy.
func (s *Remover) file(cfg *dicomini.Config, loc db.Location, kept undo.Kept) {
	dev := storage.NewDevices(cfg.Storage)
	path, _, ok := dev.Locate(loc.Device, loc.File)
	if !ok {
		path = dev.Path(loc.Device) + loc.File
	}
	oplog.RemovedFile(s.Console, loc.Device, loc.File)
	oplog.FileBeingRemoved(s.Console, path)
	if err := kept.Discard(path); err != nil {
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

func (s *Remover) removeMirror(cfg *dicomini.Config, loc db.Location) {
	s.MirrorCopy(storage.NewDevices(cfg.Storage), loc)
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
