package dicomini

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// writtenBy starts the first line of a file written by PutParam or DeleteParam.
const writtenBy = "# Written by put_param on "

// PutParam returns the text of a dicom.ini in which key has value. All lines of
// the main section with that key are replaced; if there are none, those of
// other sections; if there are none either, the setting is added to the end of
// the main section (docs/original/config.md 2.3).
func PutParam(text []byte, main, key, value string, now time.Time) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return nil, fmt.Errorf("put parameter %s: the value has more than one line", key)
	}
	lines := splitLines(text)
	setting := fmt.Sprintf("%-24s = %s", key, value)
	hits := findKey(lines, main, key)
	for _, i := range hits {
		lines[i] = setting + lineEnd(lines[i], "\n")
	}
	if len(hits) == 0 {
		lines = insertSetting(lines, main, setting, now)
	}
	return join(lines, now), nil
}

// DeleteParam returns the text of a dicom.ini without the lines of key, in the
// main section or else in the others.
func DeleteParam(text []byte, main, key string, now time.Time) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	lines := splitLines(text)
	for _, i := range findKey(lines, main, key) {
		lines[i] = ""
	}
	return join(lines, now), nil
}

func checkKey(key string) error {
	if key == "" || strings.ContainsAny(key, "=\r\n\x00") || strings.ContainsAny(key[:1], " \t;[") {
		return fmt.Errorf("change parameter %q: not a possible name", key)
	}
	return nil
}

// splitLines splits text into lines with their ends, without a byte order mark
// and without header lines of earlier writes.
func splitLines(text []byte) []string {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var lines []string
	for len(text) > 0 {
		var line []byte
		line, text = cutLine(text)
		if len(line) >= len(writtenBy) && lower(string(line[:len(writtenBy)])) == lower(writtenBy) {
			continue
		}
		lines = append(lines, string(line))
	}
	return lines
}

// lineEnd is the line end of a line, def if it has none.
func lineEnd(line, def string) string {
	switch {
	case strings.HasSuffix(line, "\r\n"):
		return "\r\n"
	case strings.HasSuffix(line, "\n"):
		return "\n"
	}
	return def
}

// findKey returns the indexes of the lines that set key, in the main section
// or, when it has none, elsewhere.
func findKey(lines []string, main, key string) []int {
	var inMain, elsewhere []int
	section := ""
	for i, line := range lines {
		line = cleanPiece([]byte(line))
		if name, ok := sectionName(line); ok {
			section = name
			continue
		}
		if line == "" || line[0] == ' ' || line[0] == ';' || line[0] == '[' {
			continue
		}
		if k, _ := splitKey(line); lower(strings.TrimRight(k, " \t")) != lower(key) {
			continue
		}
		if lower(section) == lower(main) {
			inMain = append(inMain, i)
		} else {
			elsewhere = append(elsewhere, i)
		}
	}
	if len(inMain) > 0 {
		return inMain
	}
	return elsewhere
}

func sectionName(line string) (string, bool) {
	if line == "" || line[0] != '[' {
		return "", false
	}
	name, _, ok := strings.Cut(line[1:], "]")
	return name, ok
}

// insertSetting adds a new setting behind the last used line of the main
// section; without such a section it is made at the end.
func insertSetting(lines []string, main, setting string, now time.Time) []string {
	end := "\n"
	if len(lines) > 0 {
		end = lineEnd(lines[0], "\n")
	}
	at, section := -1, ""
	for i, line := range lines {
		line = cleanPiece([]byte(line))
		if name, ok := sectionName(line); ok {
			section = name
		}
		if lower(section) == lower(main) && strings.Trim(line, " \t") != "" {
			at = i + 1
		}
	}
	added := []string{end, "# Parameter added by put_param on " + now.Format(time.ANSIC) + end, setting + end}
	if at < 0 {
		at = len(lines)
		added = append([]string{end, "[" + main + "]" + end}, added...)
	}
	if at > 0 && lineEnd(lines[at-1], "") == "" {
		lines[at-1] += end
	}
	return append(lines[:at:at], append(added, lines[at:]...)...)
}

func join(lines []string, now time.Time) []byte {
	end := "\n"
	if len(lines) > 0 {
		end = lineEnd(lines[0], "\n")
	}
	return []byte(writtenBy + now.Format(time.ANSIC) + end + strings.Join(lines, ""))
}

// systemLines is text with the line ends of the system's text files.
func systemLines(text []byte) []byte {
	if runtime.GOOS != "windows" {
		return text
	}
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}

// replaceFile writes text beside path as path.new and renames it over path, so
// that a reader sees the old or the new file and never a part.
func replaceFile(path string, text []byte) error {
	mode := os.FileMode(0o644)
	if st, err := os.Stat(path); err == nil {
		mode = st.Mode().Perm()
	}
	name := path + ".new"
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		_ = os.Remove(name)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
