package server

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"conquest/storage"
)

// Bounds of archives.
const (
	maxUnpacked      = 64 << 30 // bytes
	maxUnpackedFiles = 1 << 20
)

// isArchive tells whether a file is unpacked before its content is taken in.
func isArchive(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz", ".zip", ".tar", ".7z", ".tgz":
		return true
	}
	return false
}

// unpackAndTakeIn takes in what an archive holds.
func (s *Server) unpackAndTakeIn(ctx context.Context, path, patientID string) error {
	return s.unpackAnd(ctx, path, func(file string) error { return s.takeIn(ctx, file, patientID) })
}

// unpackAnd unpacks an archive into a folder of its own and gives each file to
// add.
func (s *Server) unpackAnd(ctx context.Context, path string, add func(file string) error) error {
	parent := s.tempDir(s.live.Current())
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(parent, "unpack")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := unpack(ctx, s, path, dir); err != nil {
		s.con.Event("*** archive not unpacked", "file", path, "error", err)
		return err
	}
	return s.addFolder(ctx, dir, add)
}

func unpack(ctx context.Context, s *Server, path, dir string) error {
	u := &unpacker{ctx: ctx, dir: dir, left: maxUnpacked, files: maxUnpackedFiles}
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".zip":
		return u.zip(path)
	case ".tar":
		return u.open(path, u.tar)
	case ".tgz", ".gz":
		return u.open(path, func(r io.Reader) error {
			z, err := gzip.NewReader(r)
			if err != nil {
				return err
			}
			inner := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
			if ext == ".tgz" || strings.EqualFold(filepath.Ext(inner), ".tar") {
				return u.tar(z)
			}
			return u.write(inner, z)
		})
	}
	return run7za(ctx, s.con, "-y", "-o"+dir, "x", path)
}

// unpacker writes the files of an archive below a folder and nowhere else.
type unpacker struct {
	ctx   context.Context
	dir   string
	left  int64
	files int
}

var errArchiveTooLarge = errors.New("archive holds too much")

func (u *unpacker) open(path string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return read(f)
}

func (u *unpacker) zip(path string) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		if !f.Mode().IsRegular() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		err = u.write(f.Name, r)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacker) tar(r io.Reader) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := u.write(h.Name, t); err != nil {
			return err
		}
	}
}

// write makes one file. Names that would lead out of the folder are made
// harmless.
func (u *unpacker) write(name string, r io.Reader) error {
	if u.files--; u.files < 0 || u.ctx.Err() != nil {
		return errors.Join(errArchiveTooLarge, u.ctx.Err())
	}
	name = filepath.FromSlash(strings.ReplaceAll(name, `\`, "/"))
	if !filepath.IsLocal(name) {
		name = storage.Harmless(filepath.Base(name))
	}
	path := filepath.Join(u.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(r, u.left+1))
	if u.left -= n; err == nil && u.left < 0 {
		err = errArchiveTooLarge
	}
	return errors.Join(err, f.Close())
}

// addFolder gives the files below dir to add and deletes those it took. Files
// of others that are still being written, NAME.partial, are left alone.
func (s *Server) addFolder(ctx context.Context, dir string, add func(file string) error) error {
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
