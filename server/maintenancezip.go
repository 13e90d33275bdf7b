package server

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"conquest/dicomini"
	"conquest/storage"
)

func atoiPrefix(s string) int { return dicomini.Atoi(s) }

// zipAway packs the logs and configuration files of folder base into an archive
// and removes the logs. Logs are first moved to a folder beside the archive: what
// is written meanwhile goes to new files. When packing fails they stay there.
func zipAway(base, archive string) error {
	aside := archive[:len(archive)-len(".zip")]
	if err := os.MkdirAll(aside, 0o777); err != nil {
		return err
	}
	var paths []string
	for _, name := range zippedAway {
		if from := filepath.Join(base, name); storage.Exists(from) {
			if err := os.Rename(from, filepath.Join(aside, name)); err != nil {
				return err
			}
		}
	}
	for _, folder := range []string{aside, base} {
		for _, kind := range zippedKinds {
			found, err := filepath.Glob(filepath.Join(storage.EscapeGlob(folder), kind))
			if err != nil {
				return err
			}
			paths = append(paths, found...)
		}
	}
	if err := writeLogZip(archive, paths); err != nil {
		return err
	}
	return os.RemoveAll(aside)
}

// writeLogZip packs files under their base names; a name that is there already is
// left out. The archive appears when it is complete.
func writeLogZip(archive string, paths []string) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(archive), "*.partial")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	w := zip.NewWriter(tmp)
	seen := map[string]bool{}
	for _, path := range paths {
		if name := filepath.Base(path); !seen[name] {
			seen[name] = true
			err = errors.Join(err, addToZip(w, path, name))
		}
	}
	if err = errors.Join(err, w.Close(), tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", archive, err)
	}
	return os.Rename(tmp.Name(), archive)
}

func addToZip(w *zip.Writer, path, name string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	fi, err := in.Stat()
	if err != nil || !fi.Mode().IsRegular() {
		return err
	}
	head, err := zip.FileInfoHeader(fi)
	if err != nil {
		return err
	}
	head.Name, head.Method = name, zip.Deflate
	out, err := w.CreateHeader(head)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}
