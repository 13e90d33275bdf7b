package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"conquest/db"
	"conquest/dicom"
	"conquest/dicomini"
	"conquest/rules"
	"conquest/scripting"
	"conquest/storage"
)

// Regenerate makes the tables anew and enters all files of all devices
// (spec/database.md 7).
func (s *Server) Regenerate(ctx context.Context, mode db.Mode) error {
	s.con.Debug("Regen Database")
	s.con.Operator("Step 1: Re-intialize SQL Tables")
	if err := s.db.Initialize(ctx, mode, s.sayLine); err != nil {
		return fmt.Errorf("initialize tables: %w", err)
	}
	s.con.Operator("Step 2: Load / Add DICOM Object files")
	if err := s.RegenDevices(ctx); err != nil {
		return err
	}
	s.con.Operator("Regeneration Complete")
	return nil
}

// RegenDevices enters all files of the JUKEBOX and MAG devices.
func (s *Server) RegenDevices(ctx context.Context) error {
	cfg := s.live.Current()
	dev := storage.NewDevices(cfg.Storage)
	var errs []error
	for n := range dev.MAGs() {
		errs = append(errs, s.RegenDevice(ctx, "MAG"+strconv.Itoa(n), ""))
	}
	return errors.Join(errs...)
}

// RegenDevice enters the files of one device, or of one folder of it.
func (s *Server) RegenDevice(ctx context.Context, device, folder string) error {
	cfg := s.live.Current()
	root := storage.NewDevices(cfg.Storage).Path(device)
	if root == "" {
		return fmt.Errorf("no device %s", device)
	}
	s.regens.Add(1)
	defer s.regens.Add(-1)
	s.con.Operator("Regen Device '%s'", device)
	g := &regeneration{s: s, cfg: cfg, device: device, root: root}
	return g.run(ctx, filepath.Join(root, folder))
}

// regeneration enters files found below a folder: readers on all cores, one
// transaction for a batch of objects.
type regeneration struct {
	s      *Server
	cfg    *dicomini.Config
	device string
	root   string
}

// regenBatch is the number of objects of one transaction.
const regenBatch = 500

type regenFile struct {
	path string
	ds   *dicom.Dataset
	skip bool
	err  error
}

func (g *regeneration) run(ctx context.Context, folder string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	paths := make(chan string, regenBatch)
	var walkErr error
	go func() {
		defer close(paths)
		walkErr = g.walk(ctx, folder, paths)
	}()
	read := make(chan regenFile, regenBatch)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for p := range paths {
				read <- g.read(ctx, p)
			}
		})
	}
	go func() {
		readers.Wait()
		close(read)
	}()
	var batch []regenFile
	var errs []error
	flush := func() {
		if err := g.enter(ctx, batch); err != nil {
			errs = append(errs, err)
			cancel()
		}
		batch = batch[:0]
	}
	for f := range read {
		if batch = append(batch, f); len(batch) == regenBatch {
			flush()
		}
	}
	flush()
	return errors.Join(append(errs, walkErr)...)
}

// walk finds the files that may be objects.
func (g *regeneration) walk(ctx context.Context, folder string, paths chan<- string) error {
	return filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			g.s.con.Event("*** folder can not be read", "path", path, "error", err)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if e.IsDir() {
			switch strings.ToLower(e.Name()) {
			case "incoming", "printer_files", "bin":
				return filepath.SkipDir
			}
			return nil
		}
		if isObjectName(e.Name()) {
			select {
			case paths <- path:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
}

// isObjectName tells whether regeneration takes a file of this name: .v2, .dcm
// and .img in any case, and names without a dot in the last four characters.
func isObjectName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".v2", ".dcm", ".img":
		return true
	}
	return !strings.Contains(name[max(len(name)-4, 0):], ".")
}

func (g *regeneration) read(ctx context.Context, path string) (f regenFile) {
	f.path = path
	defer func() {
		if p := recover(); p != nil {
			f.err = fmt.Errorf("internal error: %v", p)
		}
	}()
	file, err := dicom.ReadFile(path, dicom.ParseOptions{StopBefore: dicom.PixelData})
	q := rules.Request{Object: dicom.NewDataset(0), Calling: g.cfg.MyACRNema, Called: g.cfg.MyACRNema, Vars: &scripting.Vars{}}
	if err != nil {
		f.err = err
		g.s.rules.Hook(ctx, g.cfg, scripting.RegenFail, 0, q)
		return f
	}
	defer file.Close()
	f.ds = file.Dataset
	q.Object = f.ds
	f.skip = g.s.rules.Hook(ctx, g.cfg, scripting.Regen, 0, q).Action == rules.Destroy
	return f
}

// enter puts a batch in the index and says what became of each file.
func (g *regeneration) enter(ctx context.Context, batch []regenFile) error {
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
	if err := g.s.db.AddAll(ctx, items); err != nil {
		return fmt.Errorf("enter objects: %w", err)
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

func (g *regeneration) report(f regenFile) {
	var refused *indexError
	switch {
	case errors.As(f.err, &refused):
		g.s.sayRefused(refused.error, db.Location{File: f.path})
		g.s.con.Operator("***[Regen] %s -FAILED: Error SQL Add", f.path)
	case f.err != nil:
		g.s.con.Operator("***[Regen] %s -FAILED: Error on Load", f.path)
	case !f.skip:
		g.s.con.Operator("[Regen] %s -SUCCESS", f.path)
	}
}
