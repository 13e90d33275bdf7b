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
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"conquest/regular"
	"conquest/storage"
)

// Bounds of what an archive and those within it may hold.
const (
	maxSize      = 64 << 30 // bytes
	freeSize     = 1 << 30  // bytes that any archive may hold
	maxRatio     = 250      // and this many for each byte of its own
	maxFiles     = 200_000
	maxDepth     = 4        // of archives in archives, the outermost counts
	maxDirectory = 24 << 20 // bytes of the directory of a zip
)

// Quota is what an archive, and those within it, may still hold.
type Quota struct {
	left  int64
	files int
	depth int
}

// NewQuota is the quota for a file that is no part of an archive.
func NewQuota() *Quota { return &Quota{left: -1, files: maxFiles} }

// enter begins an archive of size bytes; leave ends it.
func (q *Quota) enter(size int64) (leave func(), err error) {
	if q.left < 0 {
		q.left = maxSize
		if size < (maxSize-freeSize)/maxRatio {
			q.left = freeSize + maxRatio*size
		}
	}
	if q.depth >= maxDepth {
		return nil, fmt.Errorf("%w: archives within each other, more than %d", ErrTooMuch, maxDepth)
	}
	q.depth++
	return func() { q.depth-- }, nil
}

// ErrTooMuch tells that an archive holds more than it may.
var ErrTooMuch = errors.New("archive holds too much")

// Is tells by its name whether a file is an archive.
func Is(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz", ".zip", ".tar", ".7z", ".tgz":
		return true
	}
	return false
}

// Unpack writes what an archive holds below the folder dir and nowhere else,
// within the quota; what is not a file is left out. out gets what the archiver says.
// While use runs, which gets what is there, archives in dir count as those within.
func Unpack(ctx context.Context, path, dir string, q *Quota, out io.Writer, use func() error) error {
	f, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	leave, err := q.enter(fi.Size())
	if err != nil {
		return err
	}
	defer leave()
	u := &unpacker{ctx: ctx, dir: dir, quota: q}
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".zip":
		err = u.zip(f, fi.Size())
	case ".tar":
		err = u.tar(f)
	case ".tgz", ".gz":
		err = u.gzip(f, ext, strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	default:
		err = u.seven(path, out)
	}
	f.Close()
	if err != nil {
		return err
	}
	return use()
}

// unpacker writes the files of an archive below a folder and nowhere else.
type unpacker struct {
	ctx   context.Context
	dir   string
	quota *Quota
}

func (u *unpacker) gzip(r io.Reader, ext, inner string) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	if ext == ".tgz" || strings.EqualFold(filepath.Ext(inner), ".tar") {
		return u.tar(z)
	}
	return u.write(inner, z)
}

// seven has the external archiver unpack what it lists within the quota.
func (u *unpacker) seven(path string, out io.Writer) error {
	list := &listing{}
	if err := run7za(u.ctx, list, "l", "-slt", "--", path); err != nil {
		return err
	}
	if u.quota.left -= list.size; u.quota.left < 0 {
		u.quota.left = 0
		return ErrTooMuch
	}
	if u.quota.files -= list.files; u.quota.files < 0 {
		u.quota.files = 0
		return ErrTooMuch
	}
	return run7za(u.ctx, out, "-y", "-o"+u.dir, "x", "--", path)
}

// listing adds up the sizes that 7za lists with -slt.
type listing struct {
	size  int64
	files int
	line  []byte
}

func (l *listing) Write(p []byte) (int, error) {
	for _, c := range p {
		if c != '\n' {
			if len(l.line) < 64 {
				l.line = append(l.line, c)
			}
			continue
		}
		if text, is := strings.CutPrefix(string(l.line), "Size = "); is {
			n, _ := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			if l.files++; n > 0 {
				l.size = min(l.size+min(n, 1<<60), 1<<61)
			}
		}
		l.line = l.line[:0]
	}
	return len(p), nil
}

// directory bounds what is read of a zip to learn what is in it.
type directory struct {
	r    io.ReaderAt
	left int64
	free bool
}

func (d *directory) ReadAt(p []byte, at int64) (int, error) {
	if d.free {
		return d.r.ReadAt(p, at)
	}
	if d.left -= int64(len(p)); d.left < 0 {
		return 0, fmt.Errorf("%w: more names than may be", ErrTooMuch)
	}
	return d.r.ReadAt(p, at)
}

func (u *unpacker) zip(r io.ReaderAt, size int64) error {
	d := &directory{r: r, left: maxDirectory}
	z, err := zip.NewReader(d, size)
	if err != nil {
		return err
	}
	d.free = true
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
	q := u.quota
	if q.files--; q.files < 0 || u.ctx.Err() != nil {
		q.files = max(q.files, 0)
		return errors.Join(ErrTooMuch, u.ctx.Err())
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
	n, err := io.Copy(f, io.LimitReader(r, q.left+1))
	if q.left -= n; q.left < 0 {
		q.left = 0
		if err == nil {
			err = ErrTooMuch
		}
	}
	return errors.Join(err, f.Close())
}
