package undo

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/storage"
)

// stale is the age from which a deed that a tool did not end belongs to nobody.
const stale = 10 * time.Minute

// Recover finishes what killed processes of this site had begun: files follow their
// rows, and an undo goes on. It runs when this process has the port of the site and
// the index is open.
func (j *Journal) Recover(ctx context.Context) {
	j.mu.Lock()
	j.serving = true
	j.mu.Unlock()
	cfg := j.site.Config()
	ids, err := j.ids(cfg)
	if err != nil {
		j.site.Console.Event("*** what was being deleted is not looked at", "error", err)
		return
	}
	j.undoing.Lock()
	defer j.undoing.Unlock()
	for _, id := range ids {
		k, err := j.look(cfg, id)
		if err != nil || k.owner != cfg.Owner() || k.tool && time.Since(k.entry.At) < stale {
			continue
		}
		switch k.entry.State {
		case UnderWay:
			err = j.finish(ctx, cfg, id)
		case Undoing:
			_, err = j.undo(ctx, id)
		}
		if err != nil {
			j.site.Console.Event("*** a deletion of an ended process is not finished", "deed", id, "error", err)
		}
	}
}

// finish ends a deed: objects whose rows are there were not deleted, the files of the
// others are set aside.
func (j *Journal) finish(ctx context.Context, cfg *dicomini.Config, id string) error {
	log, entries, err := journal.Open(filepath.Join(home(cfg), id, logName), j.site.Options(cfg))
	if err != nil {
		return err
	}
	d := &Deed{j: j, cfg: cfg, dev: storage.NewDevices(cfg.Storage), id: id, log: log, ready: map[string]bool{}}
	left := 0
	var refs []db.ObjectRef
	for _, r := range records(entries) {
		if len(r.Steps) == 0 {
			continue
		}
		var done []step
		for _, s := range r.Steps {
			kept, err := d.finishStep(ctx, s)
			if err != nil {
				return errors.Join(err, log.Close())
			}
			if kept {
				done = append(done, s)
				refs = append(refs, s.Ref)
			}
		}
		left += len(done)
		if len(done) == 0 {
			err = log.Done(r.id)
		} else if len(done) < len(r.Steps) {
			var data []byte
			if data, err = json.Marshal(record{Steps: done}); err == nil {
				err = log.Update(r.id, data)
			}
		}
		if err != nil {
			return errors.Join(err, log.Close())
		}
	}
	if left > 0 {
		if j.OnFinished != nil {
			j.OnFinished(summary(id, records(entries)).entry, refs)
		}
		err = d.write(record{End: true})
	}
	if err = errors.Join(err, log.Close()); err == nil && left == 0 {
		j.drop(cfg, id, nil)
	}
	return err
}

// finishStep sets the file of a deleted object aside; kept tells that it can be
// brought back.
func (d *Deed) finishStep(ctx context.Context, s step) (kept bool, err error) {
	loc, found, err := d.j.site.Index.Lookup(ctx, s.Ref.SOPInstanceUID, s.Ref.PatientID)
	if err != nil || found && loc == s.Ref.Location {
		return false, err
	}
	if s.Aside == "" || storage.Exists(s.aside(d.dev, d.id)) {
		return true, nil
	}
	dir, path := s.from(d.dev)
	if h, err := readHead(path); err != nil || h.String(dicom.SOPInstanceUID) != s.Ref.SOPInstanceUID {
		return false, nil // it is gone, or the name is that of another object
	}
	if err := d.setAside(&s); err != nil {
		return false, err
	}
	storage.RemoveEmpty(dir, filepath.Dir(path))
	d.j.site.Removed(d.cfg, s.Ref.Location)
	return true, nil
}
