package pack_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
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
		if err := pack.Unpack(ctx, archive, out, io.Discard); err != nil {
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
	if err := pack.Unpack(context.Background(), archive, out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := files(t, out); len(got) != 4 {
		t.Errorf("unpacked %v", got)
	}
	if got := files(t, dir); len(got) != 5 { // with the archive itself
		t.Errorf("outside of the folder: %v", got)
	}
}

func TestGzip(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, "one object")
	z.Close()
	if err := os.WriteFile(filepath.Join(dir, "object.dcm.gz"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := pack.Unpack(context.Background(), filepath.Join(dir, "object.dcm.gz"), out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := files(t, out); !slices.Equal(got, []string{"object.dcm=one object"}) {
		t.Errorf("unpacked %v", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if pack.Unpack(ctx, filepath.Join(dir, "object.dcm.gz"), out, io.Discard) == nil {
		t.Error("went on after its end")
	}
}
