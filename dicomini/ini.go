package dicomini

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"gopkg.in/ini.v1"
)

// pieceSize is the longest piece of a physical line that is looked at as one
// line; the rest of a longer line counts as a new line (docs/original/config.md 2).
const pieceSize = 2047

// Entry is one key line of dicom.ini. Value has its quotes and surrounding
// blanks removed and is not yet cut to any limit.
type Entry struct {
	Section string // as written between [ and ]
	Key     string // as written
	Value   string
	Line    int // physical line number, from 1
	Column  int // of the value's first byte in its line, from 1
}

// Dropped is a line that the reader ignores although it looks like a setting.
type Dropped struct {
	Line   int
	Text   string
	Reason string // "space", "tab", "section", "nosection", "long"
}

// File is the parsed text of a dicom.ini: immutable and safe for concurrent
// use. Names of sections and keys are compared without regard to ASCII case.
type File struct {
	path    string
	text    []byte
	modTime time.Time

	store      *ini.File
	entries    []Entry
	firstLine  map[[2]string]int // lower-case section, key
	duplicates []Entry
	dropped    []Dropped
	sections   []sectionLine
	bom        bool

	cutOnce sync.Map
	report  func(string)
}

type sectionLine struct {
	name string
	line int
}

// ReadFile reads and parses the dicom.ini at path.
func ReadFile(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	f := ParseFile(path, text)
	if st, err := os.Stat(path); err == nil {
		f.modTime = st.ModTime()
	}
	return f, nil
}

// ParseFile parses text as a dicom.ini; it never fails: what is not understood
// is ignored, as docs/original/config.md 2 describes. path is only kept for messages.
func ParseFile(path string, text []byte) *File {
	f := &File{
		path:      path,
		text:      text,
		firstLine: make(map[[2]string]int),
		store: ini.Empty(ini.LoadOptions{
			IgnoreContinuation:      true,
			IgnoreInlineComment:     true,
			PreserveSurroundedQuote: true,
			AllowBooleanKeys:        true,
			KeyValueDelimiters:      "=",
			ChildSectionDelimiter:   "\x00",
		}),
	}
	f.store.BlockMode = false
	if rest, ok := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); ok {
		text, f.bom = rest, true
	}
	section, inSection := "", false
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text = cutLine(text)
		if len(line) > pieceSize {
			f.dropped = append(f.dropped, Dropped{number, string(line[:40]), "long"})
		}
		for len(line) > 0 {
			n := min(len(line), pieceSize)
			section, inSection = f.addLine(cleanPiece(line[:n]), number, section, inSection)
			line = line[n:]
		}
	}
	return f
}

// cutLine splits text after its first line feed.
func cutLine(text []byte) (line, rest []byte) {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return text[:i+1], text[i+1:]
	}
	return text, nil
}

// cleanPiece ends a piece at a NUL and strips one LF and then one CR.
func cleanPiece(piece []byte) string {
	if i := bytes.IndexByte(piece, 0); i >= 0 {
		piece = piece[:i]
	}
	piece = bytes.TrimSuffix(piece, []byte("\n"))
	piece = bytes.TrimSuffix(piece, []byte("\r"))
	return string(piece)
}

func (f *File) addLine(line string, number int, section string, inSection bool) (string, bool) {
	switch {
	case line == "" || line[0] == ';':
		return section, inSection
	case line[0] == ' ':
		if strings.Contains(line, "=") {
			f.dropped = append(f.dropped, Dropped{number, line, "space"})
		}
		return section, inSection
	case line[0] == '[':
		name, _, ok := strings.Cut(line[1:], "]")
		if !ok {
			f.dropped = append(f.dropped, Dropped{number, line, "section"})
			return section, inSection
		}
		f.sections = append(f.sections, sectionLine{name, number})
		return name, true
	}
	if line[0] == '\t' && strings.Contains(line, "=") {
		f.dropped = append(f.dropped, Dropped{number, line, "tab"})
	}
	if !inSection {
		if strings.Contains(line, "=") {
			f.dropped = append(f.dropped, Dropped{number, line, "nosection"})
		}
		return section, inSection
	}
	key, value := splitKey(line)
	if key != "" {
		column := strings.IndexByte(line, '=') + 2
		column += len(line[column-1:]) - len(strings.TrimLeft(line[column-1:], " \t"))
		f.addEntry(Entry{Section: section, Key: key, Value: value, Line: number, Column: column})
	}
	return section, inSection
}

// splitKey applies the rules for keys, values and quotes to one line.
func splitKey(line string) (key, value string) {
	key, value, ok := strings.Cut(line, "=")
	if !ok {
		return line, ""
	}
	key = strings.TrimRight(key, " \t")
	value = strings.Trim(value, " \t")
	if n := len(value); n >= 2 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
		value = value[1 : n-1]
	}
	return key, value
}

func (f *File) addEntry(e Entry) {
	id := [2]string{lower(e.Section), lower(e.Key)}
	if _, dup := f.firstLine[id]; dup {
		f.duplicates = append(f.duplicates, e)
		return
	}
	sec, err := f.store.NewSection(id[0] + "]")
	if err != nil {
		return
	}
	if _, err := sec.NewKey(id[1], e.Value); err != nil {
		return
	}
	f.firstLine[id] = e.Line
	f.entries = append(f.entries, e)
}

// lower folds ASCII letters only: names are bytes in an unknown character set.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'A' <= c && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; 'A' <= c && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// Path is the name under which the file was read.
func (f *File) Path() string { return f.path }

// ModTime is the file's modification time when it was read; zero for ParseFile.
func (f *File) ModTime() time.Time { return f.modTime }

// Get returns the full value of a key and whether it is present; a key that is
// present without a value gives "", true.
func (f *File) Get(section, key string) (string, bool) {
	id := [2]string{lower(section), lower(key)}
	if _, ok := f.firstLine[id]; !ok {
		return "", false
	}
	return f.store.Section(id[0] + "]").Key(id[1]).Value(), true
}

// String returns a value cut to size-1 bytes (size is the original's buffer,
// 0 means no limit), or def when the key is absent. The first cut of a key is
// reported as "***Ini file item 'SECTION:KEY' trucated".
func (f *File) String(section, key, def string, size int) string {
	v, ok := f.Get(section, key)
	if !ok {
		return def
	}
	if size > 0 && len(v) >= size {
		v = v[:size-1]
		f.reportCut(section, key)
	}
	return v
}

func (f *File) reportCut(section, key string) {
	if f.report == nil {
		return
	}
	if _, done := f.cutOnce.LoadOrStore([2]string{lower(section), lower(key)}, true); !done {
		f.report(fmt.Sprintf("***Ini file item '%s:%s' trucated", section, key))
	}
}

// Int returns a value read with the rules of C atoi, or def when the key is
// absent; an empty or non-numeric value is 0.
func (f *File) Int(section, key string, def int) int {
	v, ok := f.Get(section, key)
	if !ok {
		return def
	}
	return Atoi(v)
}

// Line returns the line number of the effective (first) occurrence, 0 if none.
func (f *File) Line(section, key string) int {
	return f.firstLine[[2]string{lower(section), lower(key)}]
}

// Entries returns the effective key lines in file order (first occurrences).
func (f *File) Entries() []Entry { return f.entries }

// Section returns the effective key lines of all parts of a section in order.
func (f *File) Section(name string) []Entry {
	var out []Entry
	name = lower(name)
	for _, e := range f.entries {
		if lower(e.Section) == name {
			out = append(out, e)
		}
	}
	return out
}

// HasSection tells whether a section header of that name exists.
func (f *File) HasSection(name string) bool {
	for _, s := range f.sections {
		if lower(s.name) == lower(name) {
			return true
		}
	}
	return false
}

// Lines returns the raw text in pieces as get_ini and get_ini_num count them:
// one line each including its line feed, longer ones in pieces of 511 bytes.
func (f *File) Lines() []string {
	var out []string
	for text := f.text; len(text) > 0; {
		var line []byte
		line, text = cutLine(text)
		for len(line) > 0 {
			n := min(len(line), 511)
			out = append(out, string(line[:n]))
			line = line[n:]
		}
	}
	return out
}

// Atoi reads an integer as C does: leading blanks, an optional sign, digits up
// to the first other character; without digits it is 0. The result is limited
// to 32 bits.
func Atoi(s string) int {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	n := int64(0)
	for i := 0; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n = min(n*10+int64(s[i]-'0'), 1<<31)
	}
	if neg {
		return int(-n)
	}
	return int(min(n, 1<<31-1))
}
