package journal

import (
	"errors"
	"syscall"
)

// faulty is a file system whose operations fail from number first on, count of
// them. Half of what a failing write was to write is written.
type faulty struct {
	Disk
	first, count int
	n            int    // operations so far
	hit          string // the operation that failed first
}

var errDisk = syscall.ENOSPC

func (f *faulty) fails(what string) bool {
	f.n++
	bad := f.n > f.first && f.n <= f.first+f.count
	if bad && f.hit == "" {
		f.hit = what
	}
	return bad
}

func (f *faulty) heal() { f.count = 0 }

func (f *faulty) Open(path string, create bool) (File, error) {
	if create && f.fails("open") {
		return nil, errDisk
	}
	file, err := f.Disk.Open(path, create)
	if err != nil {
		return nil, err
	}
	return faultyFile{file, f}, nil
}

func (f *faulty) Create(path string) (File, error) {
	if f.fails("create") {
		return nil, errDisk
	}
	file, err := f.Disk.Create(path)
	if err != nil {
		return nil, err
	}
	return faultyFile{file, f}, nil
}

func (f *faulty) Rename(from, to string) error {
	if f.fails("rename") {
		return errDisk
	}
	return f.Disk.Rename(from, to)
}

func (f *faulty) Remove(path string) error {
	if f.fails("remove") {
		return errDisk
	}
	return f.Disk.Remove(path)
}

func (f *faulty) SyncDir(dir string) error {
	if f.fails("syncdir") {
		return errDisk
	}
	return nil
}

type faultyFile struct {
	File
	fs *faulty
}

func (f faultyFile) WriteAt(p []byte, at int64) (int, error) {
	if f.fs.fails("write") {
		n, err := f.File.WriteAt(p[:len(p)/2], at)
		return n, errors.Join(errDisk, err)
	}
	return f.File.WriteAt(p, at)
}

func (f faultyFile) Sync() error {
	if f.fs.fails("sync") {
		return syscall.EIO
	}
	return nil
}

func (f faultyFile) Truncate(n int64) error {
	if f.fs.fails("truncate") {
		return syscall.EIO
	}
	return f.File.Truncate(n)
}
