// Package pack writes and reads archives: zip, tar and gzip by itself, anything
// else by the external archiver 7za. A name in an archive leads nowhere but below
// the folder that it is unpacked to.
package pack

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"conquest/storage"
)

// Bounds of archives.
const (
	maxSize  = 64 << 30 // bytes
	maxFiles = 1 << 20
)

// Is tells by its name whether a file is an archive.
func Is(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz", ".zip", ".tar", ".7z", ".tgz":
		return true
	}
	return false
}

// Unpack writes what an archive holds below the folder dir and nowhere else,
// within bounds; what is not a file is left out. out gets what the archiver says.
func Unpack(ctx context.Context, path, dir string, out io.Writer) error {
	u := &unpacker{ctx: ctx, dir: dir, left: maxSize, files: maxFiles}
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
	return run7za(ctx, out, "-y", "-o"+dir, "x", path)
}

// unpacker writes the files of an archive below a folder and nowhere else.
type unpacker struct {
	ctx   context.Context
	dir   string
	left  int64
	files int
}

var errTooLarge = errors.New("archive holds too much")

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
		return errors.Join(errTooLarge, u.ctx.Err())
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
		err = errTooLarge
	}
	return errors.Join(err, f.Close())
}
