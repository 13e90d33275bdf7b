package dicomini

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Location is where an installation lies.
type Location struct {
	BaseDir string // "" or a directory with its final separator
	Path    string // of dicom.ini
}

// StartError ends the program at start with exit status 1; Message is what the
// user reads, a whole sentence.
type StartError struct{ Message string }

func (e *StartError) Error() string { return e.Message }

func startError(format string, name string) error {
	return &StartError{fmt.Sprintf(format, name)}
}

// Locate finds dicom.ini. argv0 is the name the program was started under, w are
// the texts behind -w on the command line, of which all must be there and the
// last counts: a directory, or the name of an .ini file (docs/original/config.md 1).
// Without -w the file lies beside the binary; where it does not, one in the
// current directory is taken. Errors are *StartError.
func Locate(argv0 string, w ...string) (Location, error) {
	loc := Location{Path: "." + string(filepath.Separator) + "dicom.ini"}
	located := false
	for _, name := range w {
		var err error
		switch {
		case !strings.EqualFold(filepath.Ext(name), ".ini"):
			if loc, err = locateDirectory(name); err != nil {
				return Location{}, err
			}
			located = true
		default:
			loc = Location{BaseDir: directoryOf(name), Path: name}
			located = loc.BaseDir != ""
		}
	}
	if located {
		return loc, nil
	}
	if dir := directoryOf(argv0); dir != "" && (isFile(dir+"dicom.ini") || !isFile(loc.Path)) {
		loc = Location{BaseDir: dir, Path: dir + "dicom.ini"}
	} else if dir != "" {
		loc.BaseDir = directoryOf(loc.Path)
	}
	return loc, nil
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

func locateDirectory(dir string) (Location, error) {
	dir = trimSeparator(dir)
	st, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) || (err != nil && st == nil) {
		return Location{}, startError("Directory %s does not exist.", dir)
	}
	if !st.IsDir() {
		return Location{}, startError("%s is not a directory.", dir)
	}
	base := dir + string(filepath.Separator)
	return Location{BaseDir: base, Path: base + "dicom.ini"}, nil
}

// directoryOf is everything up to the last separator, "" without one.
func directoryOf(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if os.IsPathSeparator(name[i]) {
			return name[:i+1]
		}
	}
	return ""
}

func trimSeparator(dir string) string {
	if n := len(dir); n > 0 && os.IsPathSeparator(dir[n-1]) {
		return dir[:n-1]
	}
	return dir
}

// besideBase puts BaseDir in front of a name without separator.
func besideBase(baseDir, name string) string {
	if directoryOf(name) != "" {
		return name
	}
	return baseDir + name
}
