package dbase

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// maxFiles bounds the tables of a folder.
const maxFiles = 20

// Dir is the tables of one folder.
type Dir struct {
	path string

	mu    sync.RWMutex
	files map[string]*File // by name in lower case, without extension
}

// OpenDir opens all tables of the folder at path but extracts, whose names start
// with x.
func OpenDir(path string) (*Dir, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("open dBASE folder: %w", err)
	}
	d := &Dir{path: path, files: make(map[string]*File)}
	for _, e := range entries {
		name := e.Name()
		ext := filepath.Ext(name)
		if !strings.EqualFold(ext, ".dbf") || name[0] == 'x' || name[0] == 'X' || len(d.files) >= maxFiles {
			continue
		}
		f, err := Open(filepath.Join(path, name))
		if errors.Is(err, ErrFormat) {
			continue
		}
		if err != nil {
			d.Close()
			return nil, err
		}
		d.files[strings.ToLower(strings.TrimSuffix(name, ext))] = f
	}
	return d, nil
}

// File is the table of this name, letter case aside; nil when there is none.
func (d *Dir) File(name string) *File {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.files[strings.ToLower(name)]
}

// Files are all open tables in order of their paths.
func (d *Dir) Files() []*File {
	d.mu.RLock()
	defer d.mu.RUnlock()
	list := make([]*File, 0, len(d.files))
	for _, f := range d.files {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *File) int { return strings.Compare(a.path, b.path) })
	return list
}

// Create makes an empty table, in the place of one that is there.
func (d *Dir) Create(name string, fields []Field) (*File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := strings.ToLower(name)
	path := filepath.Join(d.path, name+".DBF")
	if old := d.files[id]; old != nil {
		path = old.Path()
		if err := old.Close(); err != nil {
			return nil, err
		}
		delete(d.files, id)
	}
	f, err := Create(path, fields)
	if err != nil {
		return nil, err
	}
	d.files[id] = f
	return f, nil
}

// Close closes all tables.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var failed error
	for _, f := range d.files {
		failed = errors.Join(failed, f.Close())
	}
	d.files = nil
	return failed
}
