package storage

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Move gives a file another name, on another disk too. A file that has that name is
// left alone: the error is [os.ErrExist] then. At every moment the file is whole
// under one of the names, or under both.
func Move(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, os.ErrExist), errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("move %s: %w", from, err)
	case Exists(to):
		return fmt.Errorf("move %s: %w", from, os.ErrExist)
	case os.Rename(from, to) == nil: // a disk without links
		return nil
	}
	if err := copyNew(from, to); err != nil {
		return fmt.Errorf("move %s: %w", from, err)
	}
	return os.Remove(from)
}

// copyNew copies a file to a name that no file has, complete or not at all.
func copyNew(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	partial := to + partialSuffix
	out, err := os.Create(partial)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(partial, to)
	}
	if err != nil {
		os.Remove(partial)
	}
	return err
}
