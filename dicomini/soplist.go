package dicomini

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// SOPKind is the third word of a line of dgatesop.lst.
type SOPKind int

// The kinds in the order in which the file is written.
const (
	RemoteAE SOPKind = iota
	LocalAE
	Application
	AbstractSyntax
	TransferSyntax
	sopKinds
)

// sopWords are the words that the file is written with.
var sopWords = [sopKinds]string{"RemoteAe", "LocalAe", "application", "sop", "transfer"}

// sopCommands are the kinds' names in put_ and delete_ commands.
var sopCommands = [sopKinds]string{"remoteae", "localae", "application", "sop", "transfer"}

// String is the kind's name in commands: "sop" of "get_sop:".
func (k SOPKind) String() string {
	if k < 0 || k >= sopKinds {
		return "unknown"
	}
	return sopCommands[k]
}

// ParseSOPKind reads the third word of a line, in any case.
func ParseSOPKind(word string) (SOPKind, bool) {
	word = lower(word)
	if word == "abstract" {
		return AbstractSyntax, true
	}
	for k, w := range sopCommands {
		if w == word {
			return SOPKind(k), true
		}
	}
	return 0, false
}

// SOPEntry is one line: for RemoteAE and LocalAE, Value is the AE title.
type SOPEntry struct {
	Name  string
	Value string
	Line  int
}

// SOPList is an immutable list of what associations may use. The zero value
// restricts nothing.
type SOPList struct {
	entries [sopKinds][]SOPEntry
	allowed [sopKinds]map[string]bool
	notes   []MapNote
}

// ParseSOPList parses the text of a dgatesop.lst (docs/original/config.md 5.1).
func ParseSOPList(text []byte) *SOPList {
	l := &SOPList{}
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text = cutLine(text)
		l.parseLine(string(line), number)
	}
	return l
}

// maxSOPWord is the longest word of a line that is kept.
const maxSOPWord = 63

func (l *SOPList) parseLine(line string, number int) {
	if number == 1 {
		line = strings.TrimPrefix(line, "\xef\xbb\xbf")
	}
	if line == "" || line[0] == '#' {
		return
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return
	}
	if len(words) < 3 {
		l.note(number, "incomplete line is ignored", "write: name value kind")
		return
	}
	kind, ok := ParseSOPKind(words[2])
	if !ok {
		l.note(number, fmt.Sprintf("unknown kind %s: the line is ignored", words[2]), "use RemoteAE, LocalAE, application, sop or transfer")
		return
	}
	e := SOPEntry{Name: cutAt(words[0], maxSOPWord), Value: cutAt(words[1], maxSOPWord), Line: number}
	if l.allowed[kind][e.Value] {
		l.note(number, fmt.Sprintf("%s is listed twice", e.Value), "remove one of the lines")
	}
	l.add(kind, e)
}

func (l *SOPList) add(kind SOPKind, e SOPEntry) {
	if l.allowed[kind] == nil {
		l.allowed[kind] = make(map[string]bool)
	}
	l.allowed[kind][e.Value] = true
	l.entries[kind] = append(l.entries[kind], e)
}

func (l *SOPList) note(line int, message, fix string) {
	l.notes = append(l.notes, MapNote{Line: line, Message: message, Fix: fix})
}

func cutAt(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// Allows tells whether a value may be used: true when it is listed, and true
// for all values when the kind has no entries. AE titles are compared up to
// their first blank and with case, UIDs without trailing NUL or blank.
func (l *SOPList) Allows(kind SOPKind, value string) bool {
	if len(l.entries[kind]) == 0 {
		return true
	}
	return l.Lists(kind, value)
}

// Lists tells whether a value is in the list of its kind.
func (l *SOPList) Lists(kind SOPKind, value string) bool {
	if kind == RemoteAE || kind == LocalAE {
		value, _, _ = strings.Cut(value, " ")
	}
	return l.allowed[kind][strings.TrimRight(value, " \x00")]
}

// Restricts tells whether a kind has entries, so that only those are allowed.
func (l *SOPList) Restricts(kind SOPKind) bool { return len(l.entries[kind]) > 0 }

// Entries returns the entries of a kind in file order; do not change it.
func (l *SOPList) Entries(kind SOPKind) []SOPEntry { return l.entries[kind] }

// Entry returns entry i of a kind from 0.
func (l *SOPList) Entry(kind SOPKind, i int) (SOPEntry, bool) {
	if i < 0 || i >= len(l.entries[kind]) {
		return SOPEntry{}, false
	}
	return l.entries[kind][i], true
}

// Name is the name of a listed value, "" when it is not listed.
func (l *SOPList) Name(kind SOPKind, value string) string {
	for _, e := range l.entries[kind] {
		if e.Value == value {
			return e.Name
		}
	}
	return ""
}

// with returns a copy in which the entries of one kind are replaced.
func (l *SOPList) with(kind SOPKind, entries []SOPEntry) *SOPList {
	n := &SOPList{}
	for k := range sopKinds {
		list := l.entries[k]
		if k == kind {
			list = entries
		}
		for _, e := range list {
			n.add(k, e)
		}
	}
	return n
}

// Text is the list as the put_ and delete_ commands write it; command is such a
// command, e.g. "put_sop:0".
func (l *SOPList) Text(command string, now time.Time) []byte {
	var b strings.Builder
	b.WriteString("#\n# DICOM Application / sop / transfer UID list.\n#\n")
	b.WriteString("# This list is used by the server (CheckedPDU_Service class).\n")
	b.WriteString("# All incoming associations are verified against this file.\n")
	fmt.Fprintf(&b, "# File written by %s on: %s\n#\n", command, now.Format(time.ANSIC))
	for k := range sopKinds {
		for _, e := range l.entries[k] {
			fmt.Fprintf(&b, "%-42s %-44s %s\n", e.Name, e.Value, sopWords[k])
		}
	}
	return []byte(b.String())
}

// SOPStore follows a dgatesop.lst; safe for concurrent use.
type SOPStore struct {
	path string

	mu       sync.Mutex
	current  *SOPList
	fallback *SOPList // without a file
	modTime  time.Time
	size     int64
}

// NewSOPStore follows the file at path. Without a file the built-in list is
// used, until there is one.
func NewSOPStore(path string) *SOPStore {
	return &SOPStore{path: path}
}

// Current returns the list for an association that starts now; the file is read
// again only when its time or size changed. A file that cannot be read leaves
// the list as it was.
func (s *SOPStore) Current() *SOPList {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := os.Stat(s.path)
	if err != nil && s.current == nil {
		return s.builtIn()
	}
	if err != nil || (s.current != nil && st.ModTime().Equal(s.modTime) && st.Size() == s.size) {
		return s.current
	}
	text, err := os.ReadFile(s.path)
	if err != nil {
		if s.current == nil {
			return s.builtIn()
		}
		return s.current
	}
	s.current, s.modTime, s.size = ParseSOPList(text), st.ModTime(), st.Size()
	return s.current
}

// builtIn is the list of a site without a file, made once.
func (s *SOPStore) builtIn() *SOPList {
	if s.fallback == nil {
		s.fallback = CurrentSOPList()
	}
	return s.fallback
}

// Put replaces entry i of a kind, or appends when there is none, and rewrites
// the file (put_sop and the like).
func (s *SOPStore) Put(kind SOPKind, i int, value, name string, now time.Time) error {
	if strings.ContainsAny(value+name, " \t\r\n") || value == "" || name == "" {
		return fmt.Errorf("put %s %d: value and name must be one word each", kind, i)
	}
	return s.change(kind, fmt.Sprintf("put_%s:%d", kind, i), now, func(list []SOPEntry) []SOPEntry {
		e := SOPEntry{Name: cutAt(name, maxSOPWord), Value: cutAt(value, maxSOPWord)}
		if i < 0 || i >= len(list) {
			return append(list, e)
		}
		list[i] = e
		return list
	})
}

// Delete removes entry i of a kind and rewrites the file; without such an entry
// the file is rewritten unchanged.
func (s *SOPStore) Delete(kind SOPKind, i int, now time.Time) error {
	return s.change(kind, fmt.Sprintf("delete_%s:%d", kind, i), now, func(list []SOPEntry) []SOPEntry {
		if i < 0 || i >= len(list) {
			return list
		}
		return append(list[:i], list[i+1:]...)
	})
}

func (s *SOPStore) change(kind SOPKind, command string, now time.Time, edit func([]SOPEntry) []SOPEntry) error {
	old := s.Current()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := old.with(kind, edit(append([]SOPEntry(nil), old.Entries(kind)...)))
	if err := replaceFile(s.path, systemLines(n.Text(command, now))); err != nil {
		return err
	}
	s.current = n
	if st, err := os.Stat(s.path); err == nil {
		s.modTime, s.size = st.ModTime(), st.Size()
	}
	return nil
}
