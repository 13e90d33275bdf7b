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
	if from.quota == nil {
		from.quota = pack.NewQuota()
	}
	return s.unpack(ctx, path, from.quota, func(file string) error { return s.take(ctx, file, from) })
}

// Unpack unpacks an archive into a folder of its own and gives each file to
// add.
func (s *Intake) Unpack(ctx context.Context, path string, add func(file string) error) error {
	return s.unpack(ctx, path, pack.NewQuota(), add)
}

func (s *Intake) unpack(ctx context.Context, path string, q *pack.Quota, add func(file string) error) error {
	parent := s.TempDir(s.Live.Current())
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(parent, "unpack")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	unpacked := false
	err = pack.Unpack(ctx, path, dir, q, s.Console.Output(), func() error {
		unpacked = true
		return s.addFolder(ctx, dir, add)
	})
	if err != nil && !unpacked {
		s.Console.Event("*** archive not unpacked", "file", path, "error", err)
	}
	return err
}

// mostErrors is how many files of a folder are told of by name.
const mostErrors = 50

// addFolder gives the files below dir to add and deletes those it took. Files
// of others that are still being written, NAME.partial, are left alone.
func (s *Intake) addFolder(ctx context.Context, dir string, add func(file string) error) error {
	var errs []error
	failed := 0
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
		if !strings.HasPrefix(e.Name(), "._") && e.Type().IsRegular() {
			if err := add(path); err != nil {
				if failed++; failed <= mostErrors {
					errs = append(errs, fmt.Errorf("%s: %w", path, err))
				}
				return nil
			}
		}
		if err := os.Remove(path); err != nil && len(errs) <= mostErrors {
			errs = append(errs, err)
		}
		return nil
	})
	if failed > mostErrors {
		errs = append(errs, fmt.Errorf("%d others as well", failed-mostErrors))
	}
	for i := len(folders) - 1; i > 0; i-- {
		os.Remove(folders[i]) // fails when something is left in it
	}
	return errors.Join(append(errs, err)...)
}
