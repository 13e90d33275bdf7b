// Package regen enters the files of devices in the index: all of them anew, one
// device, one folder, one file (docs/original/database.md 7). Files are read on all cores
// and entered in the order of the walk; nothing but the index is written.
package regen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"conquest/console"
	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/group"
	"conquest/oplog"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// Site is what regeneration works on.
type Site struct {
	Config  func() *dicomini.Config // for work that starts now
	Index   *db.DB
	Rules   *rules.Engine // for RegenConverter0 and RegenFailConverter0
	Console *console.Console
	// Terminal shows how far the work is, when somebody looks; else nil.
	Terminal io.Writer
	// Presence tells which devices are there; nil: all of them.
	Presence func() *storage.Presence
	// Refused says on the console why the index does not take a file.
	Refused func(err error, loc db.Location)
}

// Regenerator enters files in the index of a site.
type Regenerator struct {
	site    Site
	con     *console.Console
	running atomic.Int64
}

// New makes the regenerator of a site.
func New(site Site) *Regenerator { return &Regenerator{site: site, con: site.Console} }

// Running tells whether folders are being entered: what reads the index for other
// sites waits meanwhile.
func (s *Regenerator) Running() bool { return s.running.Load() > 0 }

// All makes the tables anew and enters all files of all devices; say gets the
// lines of making tables. While a device is not mounted nothing is done: what
// the index has on it would be lost.
func (s *Regenerator) All(ctx context.Context, mode db.Mode, say func(line string)) error {
	if err := s.allThere(); err != nil {
		oplog.RegenNotBegun(s.con, err)
		return err
	}
	oplog.RegenDatabase(s.con)
	oplog.RegenTables(s.con)
	if err := s.site.Index.Initialize(ctx, mode, say); err != nil {
		return fmt.Errorf("initialize tables: %w", err)
	}
	oplog.RegenLoad(s.con)
	if err := s.Devices(ctx); err != nil {
		return err
	}
	oplog.Regenerated(s.con)
	return nil
}

// allThere tells which device is not there, if any.
func (s *Regenerator) allThere() error {
	if s.site.Presence == nil {
		return nil
	}
	for _, absent := range s.site.Presence().Absent() {
		return absent
	}
	return nil
}

// Devices enters all files of the JUKEBOX and MAG devices.
func (s *Regenerator) Devices(ctx context.Context) error {
	dev := storage.NewDevices(s.site.Config().Storage)
	var errs []error
	for n := range dev.Jukeboxes() {
		name := "JUKEBOX" + strconv.Itoa(n)
		fmt.Printf("Regen Device '%s'\n", name)
		errs = append(errs, s.jukebox(ctx, dev, n))
	}
	for n := range dev.MAGs() {
		name := "MAG" + strconv.Itoa(n)
		fmt.Printf("Regen Device '%s'\n", name)
		errs = append(errs, s.Device(ctx, name, ""))
	}
	return errors.Join(errs...)
}

// ErrNoDevice tells that a name is no device of the configuration.
var ErrNoDevice = errors.New("no such device")

// ErrNotOnMAG is said for a file that no MAG device holds, in these words.
var ErrNotOnMAG = errors.New("File to enter is not on a MAG device")

// Device enters the files of one device, or of one folder of it.
func (s *Regenerator) Device(ctx context.Context, device, folder string) error {
	root := storage.NewDevices(s.site.Config().Storage).Path(device)
	if root == "" {
		return fmt.Errorf("%s: %w", device, ErrNoDevice)
	}
	return s.folder(ctx, device, root, filepath.Join(root, storage.Confine(folder)))
}

func (s *Regenerator) folder(ctx context.Context, device, root, folder string) error {
	if !storage.IsDir(folder) {
		return fmt.Errorf("folder %s of device %s: %w", folder, device, ErrNoDevice)
	}
	s.running.Add(1)
	defer s.running.Add(-1)
	g := &regeneration{s: s, cfg: s.site.Config(), device: device, root: root, progress: console.NewProgress("Regen "+device, s.site.Terminal, s.con)}
	defer g.progress.End()
	return g.run(ctx, folder)
}

// jukebox enters all media of a jukebox: the folders beside that of its
// pattern, the digits at their ends being the number of the medium.
func (s *Regenerator) jukebox(ctx context.Context, dev *storage.Devices, n int) error {
	top := dev.JukeboxFolder(n)
	oplog.RegenDirectory(s.con, top)
	media, err := storage.Folders(top)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range media {
		number := dicomini.Atoi(name[len(strings.TrimRight(name, "0123456789")):])
		root := filepath.Join(top, name) + string(filepath.Separator)
		errs = append(errs, s.folder(ctx, fmt.Sprintf("JUKEBOX%d.%d", n, number), root, root))
	}
	return errors.Join(errs...)
}

// File enters one file that lies on a MAG device.
func (s *Regenerator) File(ctx context.Context, path string) error {
	dev := storage.NewDevices(s.site.Config().Storage)
	for n := range dev.MAGs() {
		root := dev.MAG(n)
		if !strings.HasPrefix(path, root) {
			continue
		}
		g := &regeneration{s: s, cfg: s.site.Config(), device: "MAG" + strconv.Itoa(n), root: root}
		if !storage.IsObjectName(filepath.Base(path)) {
			return nil
		}
		f := g.read(ctx, path)
		return errors.Join(f.err, g.enter(ctx, []entry{f}))
	}
	return ErrNotOnMAG
}

// regeneration enters files found below a folder: readers on all cores, one
// transaction for a batch of objects.
type regeneration struct {
	s        *Regenerator
	cfg      *dicomini.Config
	device   string
	root     string
	progress *console.Progress
}

// batchSize is the number of objects of one transaction.
const batchSize = 500

// place is where a file comes in the walk.
type place struct {
	n    int
	path string
}

// entry is a file and what was read of it.
type entry struct {
	n    int
	path string
	ds   *dicom.Dataset
	skip bool
	err  error
}

func (g *regeneration) run(ctx context.Context, folder string) error {
	ctx, cancel := context.WithCancel(ctx)
	var work, readers group.Group
	defer work.Wait()
	defer cancel()
	if g.progress.Shown() {
		work.Go("count files", func() {
			n := 0
			storage.WalkObjects(ctx, folder, func(string) error { n++; return nil }, func(error) {})
			g.progress.Expect(n)
		})
	}
	paths := make(chan place, batchSize)
	var walkErr error
	work.Go("walk "+folder, func() {
		defer close(paths)
		n := 0
		walkErr = storage.WalkObjects(ctx, folder, func(path string) error {
			select {
			case paths <- place{n, path}:
				n++
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, func(err error) { g.s.con.Event("*** folder can not be read", "error", err) })
	})
	read := make(chan entry, batchSize)
	for range runtime.GOMAXPROCS(0) {
		readers.Go("read files", func() {
			for p := range paths {
				f := g.read(ctx, p.path)
				f.n, f.path = p.n, g.shown(p.path)
				read <- f
			}
		})
	}
	work.Go("end of files", func() {
		readers.Wait()
		close(read)
	})
	err := g.enterAll(ctx, cancel, read)
	return errors.Join(err, walkErr)
}

// enterAll enters what is read, batch by batch and in the order of the walk,
// because the last object of a patient or study wins; after an error of the index
// what is left is read but not entered.
func (g *regeneration) enterAll(ctx context.Context, cancel func(), read <-chan entry) error {
	batch := make([]entry, 0, batchSize)
	var failed error
	flush := func() {
		if failed == nil {
			if failed = g.enter(ctx, batch); failed != nil {
				cancel()
			}
		}
		g.progress.Add(len(batch))
		batch = batch[:0]
	}
	early := map[int]entry{} // read before those in front of them
	next := 0
	for f := range read {
		early[f.n] = f
		for {
			f, ok := early[next]
			if !ok {
				break
			}
			delete(early, next)
			next++
			if batch = append(batch, f); len(batch) == batchSize || len(read) == 0 && len(batch) > batchSize/10 {
				flush()
			}
		}
	}
	flush()
	return failed
}

func (g *regeneration) read(ctx context.Context, path string) (f entry) {
	f.path = path
	defer func() {
		if p := recover(); p != nil {
			f.err = fmt.Errorf("internal error: %v", p)
		}
	}()
	file, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.PixelData})
	q := rules.Request{Object: dicom.NewDataset(0), Caller: &rules.Party{CallingAE: g.cfg.MyACRNema, CalledAE: g.cfg.MyACRNema, Variables: &scripting.Vars{}}}
	if err == nil && file.String(dicom.SOPInstanceUID) == "" {
		file.Close()
		err = fmt.Errorf("file %s has no SOP instance UID", path)
	}
	if err != nil {
		f.err = err
		g.s.site.Rules.Hook(ctx, g.cfg, scripting.RegenFail, 0, q)
		return f
	}
	defer file.Close()
	f.ds = file.Dataset
	q.Object = f.ds
	f.skip = g.s.site.Rules.Hook(ctx, g.cfg, scripting.Regen, 0, q).Action == rules.Destroy
	return f
}

// shown is a path with the folder of the device as dicom.ini spells it.
func (g *regeneration) shown(path string) string {
	if rel, err := filepath.Rel(g.root, path); err == nil {
		return g.root + rel
	}
	return path
}

// enter puts a batch in the index and says what became of each file.
func (g *regeneration) enter(ctx context.Context, batch []entry) error {
	items := make([]db.Item, 0, len(batch))
	index := make([]int, 0, len(batch))
	for i, f := range batch {
		if f.err != nil || f.skip {
			continue
		}
		rel, err := filepath.Rel(g.root, f.path)
		if err != nil {
			return err
		}
		items = append(items, db.Item{Object: f.ds, Location: db.Location{File: rel, Device: g.device}})
		index = append(index, i)
	}
	if len(items) > 0 {
		if err := g.s.site.Index.AddAll(ctx, items); err != nil {
			return fmt.Errorf("enter objects: %w", err)
		}
	}
	for k, it := range items {
		if it.Err != nil {
			batch[index[k]].err = &indexError{it.Err}
		}
	}
	for _, f := range batch {
		g.report(f)
	}
	return nil
}

type indexError struct{ error }

func (g *regeneration) report(f entry) {
	var refused *indexError
	switch {
	case errors.As(f.err, &refused):
		g.s.site.Refused(refused.error, db.Location{File: f.path})
		oplog.RegenNotAdded(g.s.con, f.path)
	case f.err != nil:
		oplog.RegenNotLoaded(g.s.con, f.path)
	case !f.skip:
		oplog.RegenAdded(g.s.con, f.path)
	}
}
