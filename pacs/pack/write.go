package pack

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"conquest/regular"
	"conquest/storage"
)

// run7za runs the external archiver for what is not built in.
func run7za(ctx context.Context, out io.Writer, args ...string) error {
	cmd := Tool(ctx, "7za", args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run 7za: %w", err)
	}
	return nil
}

// Tool is a command that runs a program of the path, or of the current folder where
// the system looks there first: at Windows sites 7za.exe and pscp.exe lie beside the
// server.
func Tool(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	if errors.Is(cmd.Err, exec.ErrDot) {
		cmd.Err = nil
	}
	return cmd
}

// Entry is a file and its name in an archive.
type Entry struct{ Path, Name string }

// Write makes an archive of the kind that the ending of path tells: tar,
// 7z (by the external archiver), else zip. Names that come twice are made
// different. The archive appears under its name when it is complete. out gets
// what the archiver says.
func Write(ctx context.Context, path string, entries []Entry, out io.Writer) error {
	seen := map[string]int{}
	for i := range entries {
		name := strings.ToLower(entries[i].Name)
		if n := seen[name]; n > 0 {
			entries[i].Name = storage.Unique(entries[i].Name, n)
		}
		seen[name]++
	}
	ext := strings.ToLower(filepath.Ext(path))
	if ext == ".7z" {
		return archive7z(ctx, out, path, entries)
	}
	f, err := regular.CreateTemp(filepath.Dir(path), ".archive*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if ext == ".tar" {
		err = tarEntries(f, entries)
	} else {
		err = zipEntries(f, entries)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func zipEntries(w io.Writer, entries []Entry) error {
	z := zip.NewWriter(w)
	for _, e := range entries {
		err := withFile(e.Path, func(f *os.File, fi os.FileInfo) error {
			h, err := zip.FileInfoHeader(fi)
			if err != nil {
				return err
			}
			h.Name, h.Method = e.Name, zip.Deflate
			to, err := z.CreateHeader(h)
			if err != nil {
				return err
			}
			_, err = io.Copy(to, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	return z.Close()
}

func tarEntries(w io.Writer, entries []Entry) error {
	t := tar.NewWriter(w)
	for _, e := range entries {
		err := withFile(e.Path, func(f *os.File, fi os.FileInfo) error {
			h, err := tar.FileInfoHeader(fi, "")
			if err != nil {
				return err
			}
			h.Name = e.Name
			if err := t.WriteHeader(h); err != nil {
				return err
			}
			_, err = io.Copy(t, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	return t.Close()
}

func withFile(path string, do func(*os.File, os.FileInfo) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	return do(f, fi)
}

// archive7z gives the archiver a list of files, and their names by links in a
// folder when they differ.
func archive7z(ctx context.Context, out io.Writer, path string, entries []Entry) error {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".archive*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	args := []string{"-y", "a", "-t7z", path}
	for _, e := range entries {
		to := filepath.Join(dir, filepath.Base(e.Name))
		if os.Link(e.Path, to) != nil {
			if err := copyFile(e.Path, to); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return run7za(ctx, out, append(args, dir+string(filepath.Separator)+".")...)
}

func copyFile(from, to string) error {
	return withFile(from, func(f *os.File, _ os.FileInfo) error {
		copied, err := os.Create(to)
		if err != nil {
			return err
		}
		_, err = io.Copy(copied, f)
		return errors.Join(err, copied.Close())
	})
}
