package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// WalkObjects calls found for each file below folder that may be an object, by
// its name (docs/original/database.md 7), in the order of names. Folders named incoming,
// printer_files and bin are left out; links to folders are followed. Folders
// that can not be read are told to bad. An error of found ends the walk.
func WalkObjects(ctx context.Context, folder string, found func(path string) error, bad func(error)) error {
	w := walker{ctx, found, bad}
	return w.folder(filepath.Clean(folder), nil)
}

type walker struct {
	ctx   context.Context
	found func(string) error
	bad   func(error)
}

// folder walks one folder; above are the folders it lies in, against links that
// lead back.
func (w *walker) folder(path string, above []os.FileInfo) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	self, err := os.Stat(path)
	if err != nil {
		w.bad(fmt.Errorf("walk folder: %w", err))
		return nil
	}
	for _, a := range above {
		if os.SameFile(a, self) {
			return nil
		}
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		w.bad(fmt.Errorf("walk folder: %w", err))
		return nil
	}
	inOrder(entries, runtime.GOOS == "windows")
	above = append(above, self)
	for _, e := range entries {
		if err := w.entry(filepath.Join(path, e.Name()), e, above); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entry(path string, e os.DirEntry, above []os.FileInfo) error {
	folder := e.IsDir()
	if e.Type()&os.ModeSymlink != 0 {
		fi, err := os.Stat(path)
		if err != nil {
			return nil
		}
		folder = fi.IsDir()
	}
	switch {
	case folder && isOwnFolder(e.Name()):
		return nil
	case folder:
		return w.folder(path, above)
	case IsObjectName(e.Name()):
		return w.found(path)
	}
	return nil
}

// isOwnFolder tells whether a folder of a device holds no objects.
func isOwnFolder(name string) bool {
	switch strings.ToLower(name) {
	case "incoming", workFolder, "bin":
		return true
	}
	return false
}

// IsObjectName tells whether regeneration takes a file of this name: .v2, .dcm
// and .img in any case, and names without a dot in the last four characters,
// except those of SQLite's own files.
func IsObjectName(name string) bool {
	lower := strings.ToLower(name)
	switch filepath.Ext(lower) {
	case ".v2", ".dcm", ".img":
		return true
	}
	for _, own := range []string{"-wal", "-shm", "-journal"} {
		if strings.HasSuffix(lower, own) {
			return false
		}
	}
	return !strings.Contains(name[max(len(name)-4, 0):], ".")
}

// Folders are the names of the folders in a folder.
func Folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list folders: %w", err)
	}
	var list []string
	for _, e := range entries {
		if fi, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && fi.IsDir() {
			list = append(list, e.Name())
		}
	}
	return list, nil
}

// JukeboxFolder is the folder in which the folders of a jukebox's media lie.
func (d *Devices) JukeboxFolder(n int) string {
	return filepath.Dir(strings.TrimRight(at(d.jukebox, n), `/\`))
}

// Confine keeps a path below the folder it is joined to: dot segments are
// replaced.
func Confine(path string) string { return filepath.FromSlash(confine(filepath.ToSlash(path))) }

// FirstObject is the path of some file on a MAG device that may be an object. Not
// every device is walked to its end: what looks like an object is enough.
func (d *Devices) FirstObject(ctx context.Context) (path string, found bool) {
	for _, dir := range d.mag {
		if !IsDir(dir) {
			continue
		}
		_ = WalkObjects(ctx, dir, func(p string) error {
			path, found = p, true
			return errEnough
		}, func(error) {})
		if found {
			return path, true
		}
	}
	return "", false
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// inOrder sorts the entries of a folder by their names, as Windows lists them where
// fold is set: without regard to case.
func inOrder(entries []os.DirEntry, fold bool) {
	if fold {
		slices.SortStableFunc(entries, func(a, b os.DirEntry) int {
			return strings.Compare(strings.ToUpper(a.Name()), strings.ToUpper(b.Name()))
		})
	}
}
