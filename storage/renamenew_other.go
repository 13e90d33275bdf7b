//go:build !windows

package storage

import (
	"errors"
	"io/fs"
	"os"
)

// renameNew renames a file unless another has the name. Where the file system
// knows no links the name is first taken by an empty file.
func renameNew(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		_ = os.Remove(from) // a second name of the same file, which a restart removes
		return nil
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return err
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err = errors.Join(f.Close(), os.Rename(from, to)); err != nil {
		os.Remove(to)
	}
	return err
}
