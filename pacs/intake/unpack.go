package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"conquest/pacs/pack"
)

// unpackAndTake takes in what an archive holds.
func (s *Intake) unpackAndTake(ctx context.Context, path string, from source) error {
	return s.Unpack(ctx, path, func(file string) error { return s.take(ctx, file, from) })
}

// Unpack unpacks an archive into a folder of its own and gives each file to
// add.
func (s *Intake) Unpack(ctx context.Context, path string, add func(file string) error) error {
	parent := s.TempDir(s.Live.Current())
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(parent, "unpack")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := pack.Unpack(ctx, path, dir, s.Console.Output()); err != nil {
		s.Console.Event("*** archive not unpacked", "file", path, "error", err)
		return err
	}
	return s.addFolder(ctx, dir, add)
}

// addFolder gives the files below dir to add and deletes those it took. Files
// of others that are still being written, NAME.partial, are left alone.
func (s *Intake) addFolder(ctx context.Context, dir string, add func(file string) error) error {
	var errs []error
	var folders []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			errs = append(errs, err)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir():
			folders = append(folders, path)
			return nil
		case strings.Contains(e.Name(), ".partial"):
			return nil
		}
		if !strings.HasPrefix(e.Name(), "._") {
			if err := add(path); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", path, err))
				return nil
			}
		}
		errs = append(errs, os.Remove(path))
		return nil
	})
	for i := len(folders) - 1; i > 0; i-- {
		os.Remove(folders[i]) // fails when something is left in it
	}
	return errors.Join(append(errs, err)...)
}
