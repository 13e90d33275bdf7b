package undo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"conquest/db"
	"conquest/dicomini"
	"conquest/journal"
	"conquest/pacs/who"
	"conquest/storage"
)

// Deed is a deletion or change that is being carried out. A nil Deed is one that can
// not be taken back: its methods do nothing.
type Deed struct {
	j    *Journal
	cfg  *dicomini.Config
	dev  *storage.Devices
	id   string
	head head

	mu    sync.Mutex // guards below
	log   *journal.Journal
	next  int             // number of the next file
	ready map[string]bool // folders that are made
	steps int
}

// Begin begins a deed of a kind; what says what was asked for. It is nil, without an
// error, when UndoHours is 0, or when there is no room to keep anything. An error
// means that the journal can not be written: nothing may be deleted then.
func (j *Journal) Begin(ctx context.Context, cfg *dicomini.Config, kind, what string) (*Deed, error) {
	if Hours(cfg) == 0 {
		return nil, nil
	}
	if short := j.makeRoom(cfg); short != "" {
		j.site.Console.Event("*** removed at once: there is no room to keep it for UndoHours", "device", short, "what", what)
		return nil, nil
	}
	d := &Deed{j: j, cfg: cfg, dev: storage.NewDevices(cfg.Storage), ready: map[string]bool{}}
	j.mu.Lock()
	d.head = head{Kind: kind, What: what, By: who.Of(ctx).String(), At: time.Now(), Owner: cfg.Owner(), Tool: !j.serving}
	j.mu.Unlock()
	err := d.start()
	if errors.Is(err, syscall.ENOSPC) {
		j.site.Console.Event("*** removed at once: the disk is full", "what", what, "error", err)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keep what is %s for UndoHours: %w", kind, err)
	}
	return d, nil
}

// stampLayout is the time in the ID of a deed, without the point.
const stampLayout = "20060102-150405.000"

// start makes the folder of the deed and its journal.
func (d *Deed) start() error {
	if err := os.MkdirAll(home(d.cfg), 0o777); err != nil {
		return err
	}
	stamp := strings.ReplaceAll(d.head.At.Format(stampLayout), ".", "")
	var dir string
	for n := 1; ; n++ {
		d.id = stamp + "-" + strconv.Itoa(n)
		dir = filepath.Join(home(d.cfg), d.id)
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	log, _, err := journal.Open(filepath.Join(dir, logName), d.j.site.Options(d.cfg))
	if err == nil {
		d.log = log
		err = d.write(record{Head: &d.head})
	}
	if err != nil {
		if log != nil {
			log.Close()
		}
		os.RemoveAll(dir)
		return err
	}
	d.j.mu.Lock()
	d.j.open[d.id] = d
	d.j.mu.Unlock()
	d.j.any.Store(true)
	return nil
}

func (d *Deed) write(r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = d.log.Add(data)
	return err
}

// ID names the deed; "" for nil.
func (d *Deed) ID() string {
	if d == nil {
		return ""
	}
	return d.id
}

// batch is how many objects stand in one entry of the journal.
const batch = 200

// Intent is what will be done with the file of one object.
type Intent struct {
	Ref  db.ObjectRef  // its row
	Keep bool          // the file stays
	New  *db.ObjectRef // what takes its place
}

// Deleting notes objects whose rows are about to go, and whose files follow with
// [Deed.Discard] by their places in the returned list. An object without a file can
// not be brought back and is not noted.
func (d *Deed) Deleting(ctx context.Context, refs []db.ObjectRef, keep bool) ([]Kept, error) {
	if d == nil {
		return nil, nil
	}
	list := make([]Intent, len(refs))
	for i, r := range refs {
		list[i] = Intent{Ref: r, Keep: keep}
	}
	if err := d.noteWorklist(ctx, refs); err != nil {
		return nil, err
	}
	return d.Note(list)
}

// Kept is an object that a deed has noted.
type Kept struct {
	d *Deed
	s step
}

// Keeps tells that the file will be set aside, so that it must stay until then.
func (k Kept) Keeps() bool { return k.d != nil && k.s.Aside != "" }

// Note notes what is about to be done.
func (d *Deed) Note(list []Intent) ([]Kept, error) {
	if d == nil {
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := make([]Kept, len(list))
	var steps []step
	for i, in := range list {
		s := step{Ref: in.Ref, New: in.New}
		path, moved, ok := d.dev.Locate(in.Ref.Device, in.Ref.File)
		if !ok {
			continue
		}
		s.Device = moved
		if fi, err := os.Stat(path); err == nil {
			s.Size = fi.Size()
		}
		if !in.Keep {
			d.next++
			s.Aside = strconv.Itoa(d.next) + ".aside"
		}
		kept[i] = Kept{d, s}
		steps = append(steps, s)
	}
	for part := range slices.Chunk(steps, batch) {
		if err := d.write(record{Steps: part}); err != nil {
			return nil, fmt.Errorf("journal of what is deleted: %w", err)
		}
	}
	d.steps += len(steps)
	return kept, nil
}

// Discard sets the file of an object aside, or removes it at path where no deed
// keeps it. Folders that became empty are the caller's.
func (k Kept) Discard(path string) error {
	if k.d == nil || k.s.Aside == "" {
		return os.Remove(path)
	}
	return k.d.setAside(&k.s)
}

func (d *Deed) setAside(s *step) error {
	dir, from := s.from(d.dev)
	if err := d.makeFolder(dir); err != nil {
		return err
	}
	return storage.Move(from, s.aside(d.dev, d.id))
}

// makeFolder makes the folder of the deed on a device.
func (d *Deed) makeFolder(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ready[dir] {
		return nil
	}
	if err := os.MkdirAll(asideDir(dir, d.id), 0o777); err != nil {
		return err
	}
	d.ready[dir] = true
	return nil
}

// End ends the deed. One that did nothing leaves nothing.
func (d *Deed) End() {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() {
		d.j.mu.Lock()
		delete(d.j.open, d.id)
		d.j.mu.Unlock()
	}()
	if d.steps == 0 {
		d.log.Close()
		d.j.drop(d.cfg, d.id, nil)
		return
	}
	err := d.write(record{End: true})
	if err = errors.Join(err, d.log.Close()); err != nil {
		d.j.site.Console.Event("*** journal of what is deleted", "deed", d.id, "error", err)
	}
}
