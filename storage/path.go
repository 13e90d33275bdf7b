package storage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Exists tells whether there is a file or folder at path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// IsDir tells whether there is a folder at path.
func IsDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

// Native is a file name of the index with the separators of this system.
func Native(file string) string {
	return filepath.FromSlash(strings.ReplaceAll(file, `\`, "/"))
}

// EscapeGlob makes a folder name safe in a pattern of [filepath.Glob].
func EscapeGlob(folder string) string {
	var b []byte
	for i := range len(folder) {
		if slices.Contains([]byte(`*?[`), folder[i]) {
			b = append(b, '[', folder[i], ']')
			continue
		}
		b = append(b, folder[i])
	}
	return string(b)
}

// SameContent compares two files byte by byte; the error tells a difference, or
// why there is nothing to compare.
func SameContent(one, other string) error {
	a, err := os.Open(one)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := os.Open(other)
	if err != nil {
		return err
	}
	defer b.Close()
	bufA, bufB := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if n != m || !bytes.Equal(bufA[:n], bufB[:m]) {
			return fmt.Errorf("files %s and %s differ", one, other)
		}
		if errA != nil || errB != nil {
			return errors.Join(notEOF(errA), notEOF(errB))
		}
	}
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
