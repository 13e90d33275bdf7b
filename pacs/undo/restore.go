package undo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/oplog"
	"conquest/storage"
)

// Result is what an undo did.
type Result struct {
	Restored int      `json:"restored"`
	Present  int      `json:"present"` // objects that are here again: nothing was done
	Failed   int      `json:"failed"`
	Reasons  []string `json:"reasons,omitempty"` // a few of the failures
	// Deed is the ID under which what was replaced can be had back; "" for none.
	Deed string `json:"deed,omitempty"`
}

// fewReasons is how many failures are told.
const fewReasons = 10

// Undo takes a deed back: what replaced its objects is set aside, under a deed of its
// own, then its files are in their places and in the index again. What could not be
// restored stays with the deed. An undo that was killed is finished by
// [Journal.Recover], or by another Undo.
func (j *Journal) Undo(ctx context.Context, id string) (Result, error) {
	j.undoing.Lock()
	defer j.undoing.Unlock()
	return j.undo(ctx, id)
}

func (j *Journal) undo(ctx context.Context, id string) (res Result, err error) {
	cfg := j.site.Config()
	if id == "" || id != filepath.Base(id) || !storage.IsDir(filepath.Join(home(cfg), id)) {
		return res, ErrUnknown
	}
	j.mu.Lock()
	_, open := j.open[id]
	j.mu.Unlock()
	if open {
		return res, ErrUnderWay
	}
	log, entries, err := journal.Open(filepath.Join(home(cfg), id, logName), j.site.Options(cfg))
	if err != nil {
		return res, err
	}
	u := &restoration{j: j, cfg: cfg, dev: storage.NewDevices(cfg.Storage), id: id, log: log, list: records(entries)}
	if k := summary(id, u.list); k.entry.State == UnderWay {
		return res, errors.Join(ErrUnderWay, log.Close())
	}
	mark, err := u.begin()
	if err == nil {
		err = u.run(context.WithoutCancel(ctx))
	}
	left := u.res.Present + u.res.Failed
	if err == nil && left > 0 {
		err = log.Done(mark)
	}
	if err = errors.Join(err, log.Close()); err == nil && left == 0 {
		j.drop(cfg, id, u.devices())
	}
	return u.res, err
}

// restoration is one undo.
type restoration struct {
	j    *Journal
	cfg  *dicomini.Config
	dev  *storage.Devices
	id   string
	log  *journal.Journal
	list []numbered
	back *Deed // of what replaced the objects
	res  Result
}

// begin notes that the deed is being taken back.
func (u *restoration) begin() (mark uint64, err error) {
	for _, r := range u.list {
		if r.Undoing {
			return r.id, nil
		}
	}
	data, err := json.Marshal(record{Undoing: true})
	if err != nil {
		return 0, err
	}
	return u.log.Add(data)
}

func (u *restoration) run(ctx context.Context) error {
	replaced, err := u.takeOut(ctx)
	if err != nil {
		return err
	}
	defer u.back.End()
	for _, r := range u.list {
		switch {
		case r.Row != nil:
			if err := u.j.site.Index.RestoreWorklist(ctx, r.Row); err != nil {
				u.j.site.Console.Event("*** row of the worklist is not restored", "deed", u.id, "error", err)
			}
		case len(r.Steps) > 0:
			left, err := u.enter(ctx, r.Steps)
			if err != nil {
				return err
			}
			if err := u.note(r.id, left); err != nil {
				return err
			}
		}
	}
	for _, k := range replaced {
		dir, path := k.s.from(u.dev)
		if err := k.Discard(path); err != nil {
			oplog.NotRemoved(u.j.site.Console, path)
			continue
		}
		storage.RemoveEmpty(dir, filepath.Dir(path))
		u.j.site.Removed(u.cfg, k.s.Ref.Location)
	}
	return nil
}

// note leaves in the journal what of an entry could not be restored.
func (u *restoration) note(id uint64, left []step) error {
	if len(left) == 0 {
		return u.log.Done(id)
	}
	data, err := json.Marshal(record{Steps: left})
	if err != nil {
		return err
	}
	return u.log.Update(id, data)
}

// takeOut removes the rows of what replaced the objects of the deed; their files
// follow when the objects are back.
func (u *restoration) takeOut(ctx context.Context) ([]Kept, error) {
	var refs []db.ObjectRef
	var intents []Intent
	for _, r := range u.list {
		for i := range r.Steps {
			s := &r.Steps[i]
			if s.New == nil || s.Aside != "" && !storage.Exists(s.aside(u.dev, u.id)) {
				continue // it was only deleted, or an undo before has been here
			}
			loc, found, err := u.j.site.Index.Lookup(ctx, s.New.SOPInstanceUID, s.New.PatientID)
			if err != nil {
				return nil, err
			}
			if found && (loc != s.Ref.Location || !same(*s.New, s.Ref)) {
				ref := *s.New
				ref.Location = loc
				refs = append(refs, ref)
				intents = append(intents, Intent{Ref: ref, New: &s.Ref})
			}
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	var err error
	if u.back, err = u.j.Begin(ctx, u.cfg, Undone, "undo of "+u.id); err != nil {
		return nil, err
	}
	u.res.Deed = u.back.ID()
	if err := u.back.noteWorklist(ctx, refs); err != nil {
		return nil, err
	}
	kept, err := u.back.Note(intents)
	if err != nil {
		return nil, err
	}
	if kept == nil { // there is no room for a deed
		kept = make([]Kept, len(refs))
	}
	for i := range kept {
		kept[i].s.Ref = refs[i]
	}
	return kept, u.j.site.Index.Delete(ctx, refs...)
}

// enter puts the files of steps back and enters them; left are those that stay aside.
func (u *restoration) enter(ctx context.Context, steps []step) (left []step, err error) {
	defer u.lock(steps)()
	var items []db.Item
	var placed []placedStep
	for _, s := range steps {
		loc, found, err := u.j.site.Index.Lookup(ctx, s.Ref.SOPInstanceUID, s.Ref.PatientID)
		if err != nil {
			return nil, err
		}
		isAside := s.Aside != "" && storage.Exists(s.aside(u.dev, u.id))
		if found {
			if loc == s.Ref.Location && !isAside {
				u.res.Restored++ // by an undo that was killed
				continue
			}
			u.res.Present++
			left = append(left, s)
			continue
		}
		p, err := u.place(s)
		if err != nil {
			u.failed(s, err)
			left = append(left, s)
			continue
		}
		placed = append(placed, p)
		items = append(items, db.Item{Object: p.object, Location: p.loc})
	}
	if len(items) == 0 {
		return left, nil
	}
	if err := u.j.site.Index.AddAll(ctx, items); err != nil {
		return nil, err
	}
	for i, it := range items {
		p := placed[i]
		if it.Err != nil {
			u.failed(p.step, errors.Join(it.Err, u.takeBack(p)))
			left = append(left, p.step)
			continue
		}
		u.res.Restored++
		if u.j.OnRestored != nil {
			ref := p.Ref
			ref.Location = p.loc
			u.j.OnRestored(ctx, p.path, ref)
		}
	}
	return left, nil
}

// lock locks the objects of steps, each once.
func (u *restoration) lock(steps []step) (unlock func()) {
	var all []func()
	seen := map[string]bool{}
	for _, s := range steps {
		if sop := s.Ref.SOPInstanceUID; !seen[sop] {
			seen[sop] = true
			all = append(all, u.j.site.Lock(sop))
		}
	}
	return func() {
		for _, f := range all {
			f()
		}
	}
}

func (u *restoration) failed(s step, err error) {
	u.res.Failed++
	if len(u.res.Reasons) < fewReasons {
		u.res.Reasons = append(u.res.Reasons, fmt.Sprintf("%s: %v", s.Ref.SOPInstanceUID, err))
	}
}

// placedStep is a step whose file is in its place again.
type placedStep struct {
	step
	path   string
	loc    db.Location
	object *dicom.Dataset // without pixels
}

// place puts the file of a step back under its name, or under another when that is
// taken. A file that an earlier undo put there is taken as it is.
func (u *restoration) place(s step) (p placedStep, err error) {
	dir, _ := s.from(u.dev)
	if dir == "" {
		return p, fmt.Errorf("there is no device %s", s.Ref.Device)
	}
	aside := s.aside(u.dev, u.id)
	there := s.Aside != "" && storage.Exists(aside)
	for n := range 100 {
		loc := s.Ref.Location
		if n > 0 {
			loc.File = storage.Unique(loc.File, n)
		}
		path := dir + storage.Native(loc.File)
		if !there {
			if d, err := readHead(path); err == nil && d.String(dicom.SOPInstanceUID) == s.Ref.SOPInstanceUID {
				return placedStep{s, path, loc, d}, nil
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return p, err
		}
		err := storage.Move(aside, path)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return p, err
		}
		p = placedStep{s, path, loc, nil}
		if p.object, err = readHead(path); err != nil {
			return p, errors.Join(err, u.takeBack(p))
		}
		return p, nil
	}
	return p, errors.New("its file is gone")
}

// takeBack sets a file aside once more.
func (u *restoration) takeBack(p placedStep) error {
	if p.Aside == "" {
		return nil
	}
	if err := storage.Move(p.path, p.aside(u.dev, u.id)); err != nil {
		return err
	}
	dir, _ := p.from(u.dev)
	storage.RemoveEmpty(dir, filepath.Dir(p.path))
	return nil
}

// devices are the device folders on which files of the deed lay.
func (u *restoration) devices() []string { return devicesOf(u.dev, u.list) }

// readHead reads an object as far as the index needs it.
func readHead(path string) (*dicom.Dataset, error) {
	f, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.PixelData})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Dataset, nil
}
