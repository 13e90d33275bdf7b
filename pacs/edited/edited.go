// Package edited is a configuration file as somebody edits it through the server: it
// is replaced as a whole, byte for byte, only when it is still what the editor has
// seen, and what it was is kept.
package edited

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"conquest/dicom"
)

// Errors of edits.
var (
	ErrChanged  = errors.New("the file was changed meanwhile")
	ErrNotFound = errors.New("no such version")
)

// File is one file.
type File struct{ Path string }

// Text is the content of a file. One that is not UTF-8 is taken as Latin-1, and
// written as such again.
type Text struct {
	Text string
	Tag  string // of this content
}

// Version is what the file was until a time.
type Version struct {
	ID    string
	Until time.Time
	Size  int64
}

// stamp is the form of the ID of a version, which is its time.
const stamp = "20060102-150405.000"

func tagOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}

func decoded(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	return dicom.ParseCharset("ISO_IR 100").Decode(raw)
}

// Read is the file as it is; one that is not there is empty.
func (f File) Read() (Text, error) {
	raw, err := os.ReadFile(f.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Text{}, err
	}
	return Text{decoded(raw), tagOf(raw)}, nil
}

// Bytes are a text in the coding of the file.
func (f File) Bytes(text string) ([]byte, error) {
	raw, err := os.ReadFile(f.Path)
	if err != nil || utf8.Valid(raw) {
		return []byte(text), nil
	}
	out, err := dicom.ParseCharset("ISO_IR 100").Encode(text)
	if err != nil {
		return nil, fmt.Errorf("the file is in Latin-1, which has not all letters of the text: %w", err)
	}
	return out, nil
}

// Replace writes the file when its content still has the tag, and keeps what it was.
func (f File) Replace(raw []byte, tag string, now time.Time) error {
	path, err := filepath.EvalSymlinks(f.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if path == "" {
		path = f.Path
	}
	mode := fs.FileMode(0o644)
	if fi, err := os.Stat(path); err == nil {
		mode = fi.Mode().Perm()
	}
	was, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if tagOf(was) != tag {
		return ErrChanged
	}
	if err == nil {
		if err := f.keep(was, mode, now); err != nil {
			return fmt.Errorf("keep what %s was: %w", filepath.Base(path), err)
		}
	}
	temp := path + ".new"
	if err := os.WriteFile(temp, raw, mode); err != nil {
		return err
	}
	if again, err := os.ReadFile(path); err == nil && tagOf(again) != tag {
		os.Remove(temp)
		return ErrChanged
	}
	return os.Rename(temp, path)
}

func (f File) folder() string { return filepath.Join(filepath.Dir(f.Path), "history") }

func (f File) keep(raw []byte, mode fs.FileMode, now time.Time) error {
	if err := os.MkdirAll(f.folder(), 0o700); err != nil {
		return err
	}
	name := filepath.Base(f.Path) + "." + now.UTC().Format(stamp)
	return os.WriteFile(filepath.Join(f.folder(), name), raw, mode)
}

// History are the versions that were replaced, the last first.
func (f File) History() ([]Version, error) {
	entries, err := os.ReadDir(f.folder())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []Version
	for _, e := range entries {
		id, ok := strings.CutPrefix(e.Name(), filepath.Base(f.Path)+".")
		until, bad := time.Parse(stamp, id)
		fi, gone := e.Info()
		if ok && bad == nil && gone == nil {
			list = append(list, Version{id, until, fi.Size()})
		}
	}
	slices.SortFunc(list, func(a, b Version) int { return b.Until.Compare(a.Until) })
	return list, err
}

// Version is the content of a version.
func (f File) Version(id string) ([]byte, error) {
	if _, err := time.Parse(stamp, id); err != nil {
		return nil, ErrNotFound
	}
	raw, err := os.ReadFile(filepath.Join(f.folder(), filepath.Base(f.Path)+"."+id))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	return raw, err
}

// Decoded is the content of a version as text.
func Decoded(raw []byte) string { return decoded(raw) }
