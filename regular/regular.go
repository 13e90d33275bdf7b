// Package regular opens files that are files: never a FIFO, a device or a socket,
// whose opening may wait for ever or do something. Names of files that others put
// somewhere are opened with it. Beside that it knows the rights of new files.
package regular

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrNot tells that a path names something else than a file.
var ErrNot = errors.New("not a regular file")

// Open opens a file to be read. Links are followed, as long as they lead to a file.
func Open(path string) (*os.File, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, not(path, fi.Mode())
	}
	f, err := os.OpenFile(path, os.O_RDONLY|withoutWaiting, 0) // it may be another one by now
	if err != nil {
		return nil, err
	}
	if fi, err = f.Stat(); err == nil && !fi.Mode().IsRegular() {
		err = not(path, fi.Mode())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func not(path string, mode fs.FileMode) error {
	return fmt.Errorf("open %s: %w but %s", path, ErrNot, Kind(mode))
}

// Kind is what a mode says of a file, in words.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode.IsRegular():
		return "a file"
	}
	return "something else"
}
