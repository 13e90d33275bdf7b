package pack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"conquest/pacs/pack"
)

// files are the files below a folder with their contents.
func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		list = append(list, filepath.ToSlash(rel)+"="+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func TestThereAndBack(t *testing.T) {
	ctx := context.Background()
	for _, ext := range []string{".zip", ".tar", ".ZIP"} {
		dir := t.TempDir()
		var entries []pack.Entry
		for _, name := range []string{"one", "two"} {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
				t.Fatal(err)
			}
			entries = append(entries, pack.Entry{Path: path, Name: "a.dcm"})
		}
		archive := filepath.Join(dir, "all"+ext)
		if !pack.Is(archive) {
			t.Errorf("%s is no archive", archive)
		}
		if err := pack.Write(ctx, archive, entries, io.Discard); err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := pack.Unpack(ctx, archive, out, pack.NewQuota(), io.Discard, nothing); err != nil {
			t.Fatal(err)
		}
		got := files(t, out)
		if len(got) != 2 || !slices.Contains(got, "a.dcm=one") || !strings.HasSuffix(got[1], "=two") && !strings.HasSuffix(got[0], "=two") {
			t.Errorf("%s holds %q", ext, got)
		}
	}
}

// A failure leaves neither an archive nor a part of one.
func TestMissingFile(t *testing.T) {
	dir := t.TempDir()
	err := pack.Write(context.Background(), filepath.Join(dir, "x.zip"), []pack.Entry{{Path: filepath.Join(dir, "none"), Name: "n"}}, io.Discard)
	if err == nil {
		t.Error("packed a file that is not there")
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// Names that lead out of the folder are made harmless.
func TestNamesStayBelow(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "bad.zip")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"../../up.dcm", "/root.dcm", `..\win.dcm`, "sub/fine.dcm"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "x")
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(archive, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out", "here")
	if err := pack.Unpack(context.Background(), archive, out, pack.NewQuota(), io.Discard, nothing); err != nil {
		t.Fatal(err)
	}
	if got := files(t, out); len(got) != 4 {
		t.Errorf("unpacked %v", got)
	}
	if got := files(t, dir); len(got) != 5 { // with the archive itself
		t.Errorf("outside of the folder: %v", got)
	}
}

func nothing() error { return nil }

func TestGzip(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, "one object")
	z.Close()
	if err := os.WriteFile(filepath.Join(dir, "object.dcm.gz"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := pack.Unpack(context.Background(), filepath.Join(dir, "object.dcm.gz"), out, pack.NewQuota(), io.Discard, nothing); err != nil {
		t.Fatal(err)
	}
	if got := files(t, out); !slices.Equal(got, []string{"object.dcm=one object"}) {
		t.Errorf("unpacked %v", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if pack.Unpack(ctx, filepath.Join(dir, "object.dcm.gz"), out, pack.NewQuota(), io.Discard, nothing) == nil {
		t.Error("went on after its end")
	}
}

// zipOf is a zip with these entries.
func zipOf(t *testing.T, entries map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range entries {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// deep unpacks an archive and all within it, and tells how many there were.
func deep(path, dir string, q *pack.Quota) (archives int, err error) {
	archives = 1
	err = pack.Unpack(context.Background(), path, dir, q, io.Discard, func() error {
		return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !pack.Is(path) {
				return err
			}
			n, err := deep(path, path+".d", q)
			archives += n
			return err
		})
	})
	return archives, err
}

// TestNestedArchives refuses archives within archives that are too deep, and those
// that hold too much together.
func TestNestedArchives(t *testing.T) {
	for name, tt := range map[string]struct {
		depth int
		want  error
	}{"four": {4, nil}, "five": {5, pack.ErrTooMuch}, "fifty": {50, pack.ErrTooMuch}} {
		data := []byte("x")
		inner := "a.dcm"
		for range tt.depth {
			data, inner = zipOf(t, map[string][]byte{inner: data}), "b.zip"
		}
		path := filepath.Join(t.TempDir(), "outer.zip")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if n, err := deep(path, path+".d", pack.NewQuota()); !errors.Is(err, tt.want) || n > 5 {
			t.Errorf("%s: %d archives, %v", name, n, err)
		}
	}
}

// TestBombArchives refuses a few kilobytes that would fill a disk, in one archive or
// in many within one.
func TestBombArchives(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 1 GB")
	}
	zeros := make([]byte, 128<<20)
	inner := zipOf(t, map[string][]byte{"zeros": zeros})
	many := map[string][]byte{}
	for i := range 16 {
		many[fmt.Sprint(i, ".zip")] = inner
	}
	path := filepath.Join(t.TempDir(), "outer.zip")
	if err := os.WriteFile(path, zipOf(t, many), 0o644); err != nil {
		t.Fatal(err)
	}
	if n, err := deep(path, path+".d", pack.NewQuota()); !errors.Is(err, pack.ErrTooMuch) {
		t.Errorf("%d archives, %v", n, err)
	}
}

// TestManyNames refuses a zip whose directory would fill memory.
func TestManyNames(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	long := strings.Repeat("n", 60000)
	for i := range 500 {
		if _, err := z.Create(long + fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	path := filepath.Join(t.TempDir(), "names.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := pack.Unpack(context.Background(), path, t.TempDir(), pack.NewQuota(), io.Discard, nothing); !errors.Is(err, pack.ErrTooMuch) {
		t.Error(err)
	}
}

// FuzzUnpack reads archives of strangers: they write below their folder only, and
// links and devices in them are left out.
func FuzzUnpack(f *testing.F) {
	var tarball bytes.Buffer
	w := tar.NewWriter(&tarball)
	for _, h := range []tar.Header{
		{Name: "../up", Typeflag: tar.TypeReg, Size: 1}, {Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		{Name: "fifo", Typeflag: tar.TypeFifo}, {Name: "device", Typeflag: tar.TypeChar}, {Name: "CON", Typeflag: tar.TypeReg, Size: 1},
	} {
		w.WriteHeader(&h)
		if h.Size > 0 {
			w.Write([]byte("x"))
		}
	}
	w.Close()
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for _, name := range []string{"../up", "/root", `C:\win`, "a/b", "a/b/c", ".", ""} {
		if e, err := z.Create(name); err == nil {
			e.Write([]byte("x"))
		}
	}
	z.Close()
	var gz bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write(tarball.Bytes())
	g.Close()
	f.Add(byte(0), zipped.Bytes())
	f.Add(byte(1), tarball.Bytes())
	f.Add(byte(2), gz.Bytes())
	f.Add(byte(3), gz.Bytes())
	root := f.TempDir()
	kinds := []string{"a.zip", "a.tar", "a.tgz", "a.dcm.gz"}
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		dir, err := os.MkdirTemp(root, "x")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path, out := filepath.Join(dir, kinds[int(kind)%len(kinds)]), filepath.Join(dir, "in", "out")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_ = pack.Unpack(context.Background(), path, out, pack.NewQuota(), io.Discard, nothing)
		filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || p == path {
				return nil
			}
			if !e.Type().IsRegular() || !strings.HasPrefix(p, out+string(filepath.Separator)) {
				t.Errorf("made %s, %v", p, e.Type())
			}
			return nil
		})
	})
}
