package arriving

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/storage"
)

// Host is what recovery needs of the server it belongs to.
type Host interface {
	Config() *dicomini.Config
	// Lock keeps others from storing an object until unlock is called.
	Lock(sop string) (unlock func())
	// Entered is told of a file that is in the index now, so that it is mirrored.
	Entered(ctx context.Context, path string, loc db.Location) error
	// RemoveMirror removes the mirror copy of a file that was removed.
	RemoveMirror(loc db.Location)
}

// stale is the age from which objects under way in the log of another server
// belong to nobody: storing takes moments.
const stale = 10 * time.Minute

// Recover looks after the objects that a killed process was storing. It runs when
// this process has the port of its owner.
func (l *Log) Recover(ctx context.Context, host Host, index *db.DB, con *console.Console) {
	found, err := filepath.Glob(filepath.Join(storage.EscapeGlob(l.folder), prefix+"*"+suffix))
	if err != nil {
		return
	}
	for _, path := range found {
		if path == l.path || !l.orphan(path) {
			continue
		}
		r := recovery{host: host, index: index, con: con, dev: storage.NewDevices(host.Config().Storage)}
		if err := r.run(ctx, path, l.opt); err != nil {
			con.Event("*** objects of an ended process not checked", "journal", path, "error", err)
		}
	}
}

// orphan tells whether a log belongs to nobody that lives. That of another server
// that has nothing under way may be in use.
func (l *Log) orphan(path string) bool {
	if strings.HasPrefix(filepath.Base(path), prefix+l.owner+"-") {
		return true
	}
	fi, err := os.Stat(path)
	if err != nil || time.Since(fi.ModTime()) < stale {
		return false
	}
	entries, err := journal.Read(path)
	return err == nil && len(entries) > 0
}

type recovery struct {
	host  Host
	index *db.DB
	con   *console.Console
	dev   *storage.Devices
}

// run deals with the log at path. What is dealt with is marked; the file goes when
// all is.
func (r *recovery) run(ctx context.Context, path string, opt journal.Options) error {
	opt.Tell = func(err error) { r.con.Event("*** journal of arriving objects", "error", err) }
	j, entries, err := journal.Open(path, opt)
	if err != nil {
		return err
	}
	latest := map[db.Location]uint64{} // of one file the last arrival counts
	list := make([]Arrival, len(entries))
	for i, e := range entries {
		if err := json.Unmarshal(e.Data, &list[i]); err != nil {
			r.con.Event("*** object of an ended process", "journal", path, "error", err)
		}
		latest[list[i].location()] = e.ID
	}
	for i, e := range entries {
		a := list[i]
		if a.File != "" && latest[a.location()] == e.ID {
			if err := r.object(ctx, a); err != nil {
				r.con.Event("*** object of an ended process not entered", "file", a.File, "device", a.Device, "error", err)
				if ctx.Err() != nil {
					break
				}
			}
		}
		if err := j.Done(e.ID); err != nil {
			return err
		}
	}
	return j.Close()
}

// object makes index and files agree about one object, by what its file says.
func (r *recovery) object(ctx context.Context, a Arrival) error {
	loc := a.location()
	path, moved, ok := r.dev.Locate(loc.Device, loc.File)
	if !ok || moved != "" && !strings.HasPrefix(moved, "MIRROR") {
		return nil // its file never got its name
	}
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.PixelData})
	if err != nil {
		return err
	}
	defer f.Close()
	sop := f.String(dicom.SOPInstanceUID)
	if a.SOP != "" && a.SOP != sop {
		return nil // the name is that of another object
	}
	defer r.host.Lock(sop)()
	known, found, err := r.index.Lookup(ctx, sop, f.String(dicom.PatientID))
	if err != nil {
		return err
	}
	if a.SOP == "" {
		// An earlier version wrote the entry; whether the object was under way is
		// not known, and what is in the index stays as it is.
		if !found {
			return r.enter(ctx, path, f.Dataset, loc, true)
		}
		return nil
	}
	if found && known != loc && (a.Old == nil || known != *a.Old) {
		return nil // stored anew elsewhere meanwhile
	}
	if err := r.enter(ctx, path, f.Dataset, loc, !found); err != nil {
		return err
	}
	if a.Old != nil && *a.Old != loc {
		return r.removeOld(*a.Old, sop)
	}
	return nil
}

func (r *recovery) enter(ctx context.Context, path string, d *dicom.Dataset, loc db.Location, say bool) error {
	if _, err := r.index.Add(ctx, d, loc); err != nil {
		return err
	}
	if say {
		r.con.Event("object of an ended process entered", "file", path)
	}
	return r.host.Entered(ctx, path, loc)
}

// removeOld removes the file of an object under its old name, unless another
// object has that name now.
func (r *recovery) removeOld(old db.Location, sop string) error {
	dir := r.dev.Path(old.Device)
	f, err := dicom.ReadFile(dir+old.File, dicom.ParseOptions{StopBefore: dicom.StudyDate})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner := f.String(dicom.SOPInstanceUID)
	f.Close()
	if owner != sop {
		return nil
	}
	if err := storage.Remove(dir, old.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.host.RemoveMirror(old)
	return nil
}
