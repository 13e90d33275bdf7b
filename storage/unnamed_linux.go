package storage

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// unnamed is a temporary file without a name: nothing of it stays when the
// process is killed, and writers do not wait for each other for the work
// folder.
type unnamed struct {
	fd   int
	work string
}

// namesOnly is set where the file system or the system knows no files without
// names.
var namesOnly atomic.Bool

// newTemporary makes a temporary file on the device of folder work.
func newTemporary(work string) (temporary, error) {
	if namesOnly.Load() {
		return newNamed(work)
	}
	fd, err := openUnnamed(work)
	if err == unix.ENOENT {
		return nil, &fs.PathError{Op: "make file in", Path: work, Err: err}
	}
	if err != nil {
		f, namedErr := newNamed(work)
		if namedErr == nil {
			namesOnly.Store(true)
		}
		return f, namedErr
	}
	return &unnamed{fd, work}, nil
}

func openUnnamed(work string) (fd int, err error) {
	err = retried(func() error {
		fd, err = unix.Open(work, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o644)
		return err
	})
	return fd, err
}

func (u *unnamed) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		var n int
		err := retried(func() (err error) {
			n, err = unix.Write(u.fd, p[done:])
			return err
		})
		if err == nil && n <= 0 {
			err = io.ErrShortWrite
		}
		if err != nil {
			return done, fmt.Errorf("write file: %w", err)
		}
		done += n
	}
	return done, nil
}

func (u *unnamed) Sync() error { return retried(func() error { return unix.Fsync(u.fd) }) }

func (u *unnamed) filled() error { return nil }

func (u *unnamed) rename(path string) error {
	err := u.link(path)
	switch {
	case err == nil:
		return u.close()
	case err == unix.EEXIST:
		err = u.replace(path)
	case err == unix.ENOENT && !isFolder(filepath.Dir(path)):
		return err
	default:
		if err = u.copyTo(path); err == nil {
			namesOnly.Store(true)
		}
	}
	if err != nil {
		return err
	}
	return u.close()
}

func (u *unnamed) name(path string) error {
	err := u.link(path)
	switch {
	case err == nil:
		if err = u.close(); err != nil {
			os.Remove(path)
		}
		return err
	case err == unix.EEXIST || err == unix.ENOENT && !isFolder(filepath.Dir(path)):
		return err
	}
	from, err := u.copied()
	if err != nil {
		return err
	}
	if err = renameNew(from, path); err != nil {
		os.Remove(from)
		return err
	}
	namesOnly.Store(true)
	return u.close()
}

// link gives the file its first name.
func (u *unnamed) link(path string) error {
	return retried(func() error {
		return unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", u.fd), unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
	})
}

// between counts the names that files have on their way to the place of others.
var between atomic.Int64

// replace puts the file in the place of another, by way of the work folder.
func (u *unnamed) replace(path string) error {
	name := filepath.Join(u.work, fmt.Sprintf("%d-%d-%d%s", os.Getpid(), time.Now().UnixNano(), between.Add(1), partialSuffix))
	if err := u.link(name); err != nil {
		return err
	}
	err := os.Rename(name, path)
	if err != nil {
		os.Remove(name)
	}
	return err
}

// copyTo copies the file to one with a name, where it can not get one itself.
func (u *unnamed) copyTo(path string) error {
	from, err := u.copied()
	if err != nil {
		return err
	}
	if err = os.Rename(from, path); err != nil {
		os.Remove(from)
	}
	return err
}

// copied is the path of a copy in the work folder.
func (u *unnamed) copied() (path string, err error) {
	to, err := createIn(u.work)
	if err != nil {
		return "", err
	}
	from := io.NewSectionReader(descriptor(u.fd), 0, 1<<62)
	if _, err = io.Copy(to, from); err == nil {
		err = to.Sync() // the file may have been synced before
	}
	if closeErr := to.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(to.Name())
	}
	return to.Name(), err
}

// descriptor reads a file by its number.
type descriptor int

func (d descriptor) ReadAt(p []byte, off int64) (n int, err error) {
	err = retried(func() error {
		n, err = unix.Pread(int(d), p, off)
		return err
	})
	if err == nil && n == 0 && len(p) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

func (u *unnamed) close() error {
	fd := u.fd
	u.fd = -1
	if fd < 0 {
		return nil
	}
	return unix.Close(fd)
}

func (u *unnamed) remove() { _ = u.close() }

func isFolder(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

// retried calls f until no signal interrupts it.
func retried(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
