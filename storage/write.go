package storage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"conquest/dicom"
	"conquest/regular"
)

// workFolder is the folder on each device where files lie until they are
// complete. Regeneration, ours and the original's, leaves it out.
const workFolder = "printer_files"

// partialSuffix marks incomplete files in the work folder.
const partialSuffix = ".partial"

// Writer writes objects to devices.
type Writer struct {
	Meta dicom.Meta // implementation identification in meta headers
	Sync bool       // flush each file and its folder to the platter
	// Part10Always writes Part 10 content under .v2 names too (NoDicomCheck).
	Part10Always bool
	// Ready tells whether device folder dir may be written to, and made when it
	// is missing; nil allows all. See [Presence.Ready].
	Ready func(dir string) error

	fresh func(work string) (temporary, error) // of tests; nil is newTemporary
}

var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 128<<10) }}

// Write writes ds as dir+name: as a bare implicit little endian data set when
// the name ends in .v2, else as Part 10. The file appears under its name only
// when it is complete; one of that name is replaced. dir ends in a separator.
func (w Writer) Write(dir, name string, ds *dicom.Dataset) error {
	return w.put(dir, name, func(out io.Writer) error { return w.encode(out, name, ds) })
}

func (w Writer) encode(out io.Writer, name string, ds *dicom.Dataset) error {
	if strings.EqualFold(filepath.Ext(name), ".v2") && !w.Part10Always {
		return dicom.WriteV2(out, ds)
	}
	return dicom.WritePart10(out, ds, w.Meta)
}

// WriteTo writes ds to the named file, complete or not at all; folders that are
// missing are made.
func (w Writer) WriteTo(path string, ds *dicom.Dataset) error {
	return w.replace(site{path: path}, func(out io.Writer) error { return w.encode(out, path, ds) })
}

// WriteHere writes ds to the named file in an existing folder, complete or not
// at all.
func (w Writer) WriteHere(path string, ds *dicom.Dataset) error {
	if fi, err := os.Stat(filepath.Dir(path)); err != nil || !fi.IsDir() {
		return fmt.Errorf("write %s: no such folder", path)
	}
	return w.WriteTo(path, ds)
}

// Copy copies the file src to dir+name, complete or not at all.
func (w Writer) Copy(dir, name, src string) error {
	in, err := os.Open(src)
	if err != nil {
		return fmt.Errorf("copy object: %w", err)
	}
	defer in.Close()
	return w.put(dir, name, func(out io.Writer) error {
		_, err := io.Copy(out, in)
		return err
	})
}

func (w Writer) put(dir, name string, fill func(io.Writer) error) error {
	return w.replace(site{dir, dir + name}, fill)
}

// site is where a file is to be: a path, below a device folder that ends in a
// separator, or "" where it is on none.
type site struct{ dir, path string }

// work is the folder in which the file lies until it is complete.
func (s site) work() string {
	if s.dir == "" {
		return filepath.Dir(s.path)
	}
	return s.dir + workFolder
}

// Staged is a complete file that has not yet its name.
type Staged struct {
	w   Writer
	tmp temporary
	at  site

	made fs.FileInfo // the file that CommitNew made
}

// temporary is a file in the making.
type temporary interface {
	io.Writer
	Sync() error
	// filled is called when all is written.
	filled() error
	// rename gives the file its name, in an existing folder, in the place of a
	// file that has it, and closes it.
	rename(path string) error
	// name is rename for a name that no file has; else the error is
	// [fs.ErrExist]. The file that has the name is never touched.
	name(path string) error
	// remove takes the file away in the place of rename.
	remove()
}

// Stage writes ds like [Writer.Write], but leaves it in the work folder until
// it is committed.
func (w Writer) Stage(dir, name string, ds *dicom.Dataset) (*Staged, error) {
	return w.stage(site{dir, dir + name}, func(out io.Writer) error { return w.encode(out, name, ds) })
}

// Commit gives the file its name, in the place of a file that has it.
func (s *Staged) Commit() error {
	_, err := s.w.move(s.at, s.tmp.rename)
	if err != nil {
		s.tmp.remove()
		return fmt.Errorf("write %s: %w", s.at.path, err)
	}
	return nil
}

// CommitNew gives the file its name unless another file has it, whoever made
// that: the error is [fs.ErrExist] then, and [Staged.Rename] may choose another
// name. After any other error there is no new file.
func (s *Staged) CommitNew() error {
	given, err := s.w.move(s.at, s.tmp.name)
	if err == nil {
		s.made, _ = os.Lstat(s.at.path)
		return nil
	}
	if given {
		os.Remove(s.at.path)
	}
	if !errors.Is(err, fs.ErrExist) {
		s.tmp.remove()
	}
	return fmt.Errorf("write %s: %w", s.at.path, err)
}

// Withdraw removes the file that CommitNew made and the folders that became
// empty, unless another file has its name by now.
func (s *Staged) Withdraw() error {
	if now, err := os.Lstat(s.at.path); err != nil || s.made == nil || !os.SameFile(now, s.made) {
		return err
	}
	if err := os.Remove(s.at.path); err != nil {
		return fmt.Errorf("remove object: %w", err)
	}
	RemoveEmpty(s.at.dir, filepath.Dir(s.at.path))
	return nil
}

// Rename chooses another name on the same device.
func (s *Staged) Rename(name string) { s.at.path = s.at.dir + name }

// Discard removes the file.
func (s *Staged) Discard() { s.tmp.remove() }

// replace fills a temporary file and moves it to its place.
func (w Writer) replace(at site, fill func(io.Writer) error) error {
	s, err := w.stage(at, fill)
	if err != nil {
		return err
	}
	return s.Commit()
}

func (w Writer) stage(at site, fill func(io.Writer) error) (*Staged, error) {
	tmp, err := w.temporary(at)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", at.path, err)
	}
	if err := w.fill(tmp, fill); err != nil {
		tmp.remove()
		return nil, fmt.Errorf("write %s: %w", at.path, err)
	}
	return &Staged{w: w, tmp: tmp, at: at}, nil
}

// temporary makes a temporary file in the work folder, which is made when it is
// missing.
func (w Writer) temporary(at site) (temporary, error) {
	fresh := w.fresh
	if fresh == nil {
		fresh = newTemporary
	}
	if err := w.ready(at.dir); err != nil {
		return nil, err
	}
	tmp, err := fresh(at.work())
	if errors.Is(err, fs.ErrNotExist) {
		if err := w.makeFolder(at.work()); err != nil {
			return nil, err
		}
		return fresh(at.work())
	}
	return tmp, err
}

// named is a temporary file with a name of its own.
type named struct{ *os.File }

func newNamed(work string) (temporary, error) {
	f, err := createIn(work)
	if err != nil {
		return nil, err
	}
	return named{f}, nil
}

func (n named) filled() error { return n.Close() }

func (n named) rename(path string) error { return os.Rename(n.Name(), path) }

func (n named) name(path string) error { return renameNew(n.Name(), path) }

func (n named) remove() {
	n.Close()
	os.Remove(n.Name())
}

func createIn(dir string) (*os.File, error) {
	return regular.CreateTemp(dir, "*"+partialSuffix)
}

func (w Writer) fill(f temporary, fill func(io.Writer) error) error {
	buf := buffers.Get().(*bufio.Writer)
	buf.Reset(f)
	err := fill(buf)
	if err == nil {
		err = buf.Flush()
	}
	buf.Reset(nil)
	buffers.Put(buf)
	if err == nil && w.Sync {
		err = f.Sync()
	}
	return errors.Join(err, f.filled())
}

// move gives a file its name; folders that are missing are made. given tells
// that the file has it, although something after that failed.
func (w Writer) move(at site, give func(path string) error) (given bool, err error) {
	folder := filepath.Dir(at.path)
	err = give(at.path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = w.ready(at.dir); err == nil {
			err = w.makeFolder(folder)
		}
		if err == nil {
			err = give(at.path)
		}
	}
	if err == nil && w.Sync {
		return true, syncDir(folder)
	}
	return err == nil, err
}

func (w Writer) ready(dir string) error {
	if dir == "" || w.Ready == nil {
		return nil
	}
	return w.Ready(dir)
}

// makeFolder makes a folder and those above it that are missing. With Sync each
// is on the platter with its name.
func (w Writer) makeFolder(folder string) error {
	if !w.Sync {
		return os.MkdirAll(folder, 0o777)
	}
	parent := filepath.Dir(folder)
	err := os.Mkdir(folder, 0o777)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist) && parent != folder:
		if err := w.makeFolder(parent); err != nil {
			return err
		}
		err = os.Mkdir(folder, 0o777)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// Spool makes the temporary file in which a large object is kept while it is
// received, on device folder dir. The caller removes it.
func (w Writer) Spool(dir string) (*os.File, error) {
	w.fresh = newNamed
	tmp, err := w.temporary(site{dir: dir})
	if err != nil {
		return nil, fmt.Errorf("make spool file: %w", err)
	}
	return tmp.(named).File, nil
}

// RemovePartial removes what a killed process left incomplete on device folder
// dir: partial files older than the given process start would write.
func RemovePartial(dir string, olderThan func(fs.FileInfo) bool) error {
	entries, err := os.ReadDir(dir + workFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for incomplete files: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), partialSuffix) {
			continue
		}
		if fi, err := e.Info(); err == nil && olderThan(fi) {
			errs = append(errs, os.Remove(filepath.Join(dir+workFolder, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// Remove removes the file name below device folder dir and the folders above it
// that became empty, up to dir.
func Remove(dir, name string) error {
	path := dir + filepath.FromSlash(strings.ReplaceAll(name, `\`, "/"))
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove object: %w", err)
	}
	RemoveEmpty(dir, filepath.Dir(path))
	return nil
}

// RemoveEmpty removes folder and its parents while they are empty, up to but
// without dir.
func RemoveEmpty(dir, folder string) {
	top := filepath.Clean(dir)
	for folder = filepath.Clean(folder); len(folder) > len(top) && strings.HasPrefix(folder, top); folder = filepath.Dir(folder) {
		if os.Remove(folder) != nil {
			return
		}
	}
}

// CopyTo copies the file src to path, complete or not at all; folders that are
// missing are made.
func (w Writer) CopyTo(path, src string) error {
	in, err := os.Open(src)
	if err != nil {
		return fmt.Errorf("copy object: %w", err)
	}
	defer in.Close()
	return w.replace(site{path: path}, func(out io.Writer) error {
		_, err := io.Copy(out, in)
		return err
	})
}
