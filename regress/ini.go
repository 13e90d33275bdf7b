package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// An iniFile is the dicom.ini of a case: the lines of [sscscp] and, as they
// are, those of all other sections.
type iniFile struct {
	main   []string
	others []string
}

// readIni reads the dicom.ini of a case, which need not be there.
func readIni(path string) (*iniFile, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read dicom.ini of the case: %w", err)
	}
	return parseIni(string(data)), nil
}

// parseIni takes lines before any section as those of [sscscp].
func parseIni(text string) *iniFile {
	f := &iniFile{}
	inMain := true
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if t := strings.TrimSpace(line); strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]") {
			if inMain = strings.EqualFold(t, "[sscscp]"); inMain {
				continue
			}
		}
		if inMain {
			f.main = append(f.main, line)
		} else {
			f.others = append(f.others, line)
		}
	}
	return f
}

// lookup returns the first value of a key of [sscscp].
func (f *iniFile) lookup(key string) (string, bool) {
	for _, line := range f.main {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), key) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

func (f *iniFile) get(key string) string {
	v, _ := f.lookup(key)
	return v
}

// addDefaults puts what the case does not say in front of its lines.
func (f *iniFile) addDefaults(v *server) {
	data := filepath.ToSlash(v.dir) + "/data/"
	defaults := [][2]string{
		{"MicroPACS", "sscscp"},
		{"MyACRNema", v.ae},
		{"TCPPort", fmt.Sprint(v.port)},
		{"SQLHost", "localhost"},
		{"SQLServer", data + "dbase/conquest.db3"},
		{"Username", "dontcare"},
		{"Password", "dontcare"},
		{"PostGres", "0"},
		{"MySQL", "0"},
		{"SQLite", "1"},
		{"UIDPrefix", "1.2.999.7"},
		{"EnableComputedFields", "1"},
		{"FileNameSyntax", "4"},
		{"IncomingCompression", "un"},
		{"DroppedFileCompression", "un"},
		{"ArchiveCompression", "as"},
		{"ImportExportDragAndDrop", "1"},
		{"ZipTime", "05:"},
		{"PACSName", v.ae},
		{"OperatorConsole", "127.0.0.1"},
		{"DebugLevel", "0"},
		{"MAGDeviceFullThreshold", "30"},
		{"MAGDevices", "1"},
		{"MAGDevice0", data},
		{"ForwardCollectDelay", "1"},
		{"ForwardAssociationCloseDelay", "1"},
		{"FailHoldOff", "1"},
		{"RetryDelay", "2"},
	}
	var lines []string
	for _, d := range defaults {
		if _, ok := f.lookup(d[0]); !ok {
			lines = append(lines, fmt.Sprintf("%-24s = %s", d[0], d[1]))
		}
	}
	f.main = append(lines, f.main...)
}

// String returns the file's text.
func (f *iniFile) String() string {
	lines := append([]string{"[sscscp]"}, f.main...)
	lines = append(lines, f.others...)
	return strings.Join(lines, "\n") + "\n"
}
