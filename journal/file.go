package journal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// FS is where files are. Tests use one that fails.
type FS interface {
	// Open opens a file for reading and writing; with create it is made when it
	// is not there.
	Open(path string, create bool) (File, error)
	// Create makes a file, or empties it.
	Create(path string) (File, error)
	Rename(from, to string) error
	// Remove removes a file; one that is not there is no error.
	Remove(path string) error
	// SyncDir puts the names in a folder on the platter.
	SyncDir(dir string) error
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Sync() error
	Truncate(size int64) error
}

// Disk is the file system of the machine.
type Disk struct{}

type diskFile struct{ *os.File }

func (f diskFile) Size() (int64, error) {
	fi, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return fi.Size(), nil
}

func (Disk) Open(path string, create bool) (File, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (Disk) Create(path string) (File, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (Disk) Rename(from, to string) error { return os.Rename(from, to) }

func (Disk) Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// SyncDir does nothing on Windows, where folders can not be synced.
func (Disk) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
