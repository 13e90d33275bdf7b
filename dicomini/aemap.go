package dicomini

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// AE is one entry of acrnema.map.
type AE struct {
	Name        string // may end in *
	Host        string // address or name; may end in *
	Port        string // may end in *
	Compression string // of data sent to it; default "un"
	Line        int    // in the file, 0 when put by a command

	// FromTitle tells that [AEMap.Lookup] took Host, or a part of it, from the
	// title: whoever names the title chose the host.
	FromTitle bool
}

// String is the entry in the format of write_amap, without line end.
func (a AE) String() string {
	return fmt.Sprintf("%-17s %-30s %-10s %-16s", a.Name, a.Host, a.Port, a.Compression)
}

// Wildcard tells whether the name ends in *.
func (a AE) Wildcard() bool { return strings.HasSuffix(a.Name, "*") }

// AEMap is the table of known peers in file order; safe for concurrent use.
type AEMap struct {
	mu      sync.RWMutex
	entries []AE
	notes   []MapNote
}

// MapNote is something remarkable about a line of acrnema.map or dgatesop.lst.
type MapNote struct {
	Line    int
	Message string
	Fix     string
}

// ReadAEMap reads the acrnema.map at path. When there is no such file, the
// error wraps fs.ErrNotExist; DefaultAEMap then serves.
func ReadAEMap(path string) (*AEMap, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read AE map: %w", err)
	}
	return ParseAEMap(text), nil
}

// ReadAEMap reads the acrnema.map that the configuration names. Without the
// file, missing is true and the map is DefaultAEMap.
func (c *Config) ReadAEMap() (m *AEMap, missing bool, err error) {
	m, err = ReadAEMap(c.ACRNemaMap)
	if errors.Is(err, fs.ErrNotExist) {
		return DefaultAEMap(c.MyACRNema, c.TCPPort), true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("***Error loading acr-nema map file:%s: %w", c.ACRNemaMap, err)
	}
	return m, false, nil
}

// DefaultAEMap is the map of a site without acrnema.map: the server itself.
func DefaultAEMap(ownAE, ownPort string) *AEMap {
	return &AEMap{entries: []AE{{Name: ownAE, Host: "127.0.0.1", Port: strconv.Itoa(Atoi(ownPort)), Compression: "un"}}}
}

// ParseAEMap parses the text of an acrnema.map (docs/original/config.md 4). Comments are
// /* */ blocks and everything behind #, // or ; up to the end of the line.
func ParseAEMap(text []byte) *AEMap {
	m := &AEMap{}
	s := strings.TrimPrefix(string(text), "\xef\xbb\xbf")
	s, open := blankBlocks(s)
	if open > 0 {
		m.note(open, "comment /* is not closed: it hides the rest of the file", "add */")
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	for i, line := range strings.Split(s, "\n") {
		m.parseLine(line, i+1)
	}
	return m
}

// blankBlocks removes /* */ comments but keeps their line feeds, and returns
// the line of an unterminated one.
func blankBlocks(s string) (out string, open int) {
	var b strings.Builder
	for {
		i := strings.Index(s, "/*")
		if i < 0 {
			b.WriteString(s)
			return b.String(), 0
		}
		b.WriteString(s[:i])
		s = s[i+2:]
		j := strings.Index(s, "*/")
		if j < 0 {
			return b.String(), strings.Count(b.String(), "\n") + 1
		}
		b.WriteString(strings.Repeat("\n", strings.Count(s[:j], "\n")))
		s = s[j+2:]
	}
}

func (m *AEMap) parseLine(line string, number int) {
	words := strings.Fields(cutComment(line))
	if len(words) == 0 {
		return
	}
	if len(words) < 3 {
		m.note(number, fmt.Sprintf("entry %s has no host and port", words[0]), "write: AE host port compression")
	}
	if cutComment(line) != line {
		m.note(number, "comment behind an entry: the original server loses the entry of the next line", "put it on a line of its own or use /* */")
	}
	e := AE{Compression: "un", Line: number}
	for i, field := range []*string{&e.Name, &e.Host, &e.Port, &e.Compression} {
		if i < len(words) {
			*field = words[i]
		}
	}
	m.entries = append(m.entries, e)
}

func cutComment(line string) string {
	for _, mark := range []string{"#", "//", ";"} {
		line, _, _ = strings.Cut(line, mark)
	}
	return line
}

func (m *AEMap) note(line int, message, fix string) {
	m.notes = append(m.notes, MapNote{Line: line, Message: message, Fix: fix})
}

// Lookup finds an AE title (trailing blanks do not count): the first exact or
// wildcard match in file order, else the first that is equal but for case. In a
// wildcard match a host or port ending in * gets the rest of the title.
func (m *AEMap) Lookup(title string) (AE, bool) {
	title = strings.TrimRight(title, " \t\r\n\x00")
	if title == "" {
		return AE{}, false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, e := range m.entries {
		if e.Name == title {
			return e, true
		}
		prefix, ok := strings.CutSuffix(e.Name, "*")
		if ok && len(title) >= len(prefix) && lower(title[:len(prefix)]) == lower(prefix) {
			rest := title[len(prefix):]
			e.FromTitle = strings.HasSuffix(e.Host, "*")
			e.Host = fillStar(e.Host, rest)
			e.Port = fillStar(e.Port, rest)
			return e, true
		}
	}
	for _, e := range m.entries {
		if lower(e.Name) == lower(title) {
			return e, true
		}
	}
	return AE{}, false
}

func fillStar(s, rest string) string {
	if head, ok := strings.CutSuffix(s, "*"); ok {
		return head + rest
	}
	return s
}

// Entry returns entry i from 0.
func (m *AEMap) Entry(i int) (AE, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if i < 0 || i >= len(m.entries) {
		return AE{}, false
	}
	return m.entries[i], true
}

// Entries returns a copy of all entries.
func (m *AEMap) Entries() []AE {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return append([]AE(nil), m.entries...)
}

// Put replaces entry i, or appends one when there is none. fields are name,
// host, port, compression; missing ones stay as they are (put_amap).
func (m *AEMap) Put(i int, fields ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i < 0 || i >= len(m.entries) {
		m.entries = append(m.entries, AE{Compression: "un"})
		i = len(m.entries) - 1
	}
	e := &m.entries[i]
	for k, field := range []*string{&e.Name, &e.Host, &e.Port, &e.Compression} {
		if k < len(fields) {
			*field = fields[k]
		}
	}
}

// Delete removes entry i; without such an entry it does nothing.
func (m *AEMap) Delete(i int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i >= 0 && i < len(m.entries) {
		m.entries = append(m.entries[:i:i], m.entries[i+1:]...)
	}
}

// Notes are what is remarkable about lines of the file.
func (m *AEMap) Notes() []MapNote {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return append([]MapNote(nil), m.notes...)
}

// Reload replaces all entries by those of the file (read_amap). On an error the
// old ones stay.
func (m *AEMap) Reload(path string) error {
	n, err := ReadAEMap(path)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries, m.notes = n.entries, n.notes
	return nil
}

// Text is the map as write_amap writes it; comments of the file are not kept.
func (m *AEMap) Text(now time.Time) []byte {
	var b strings.Builder
	b.WriteString("/*\n")
	b.WriteString(" * acrnema.map: where to find each DICOM application entity\n")
	fmt.Fprintf(&b, " * Written by write_amap on %s\n", now.Format(time.ANSIC))
	b.WriteString(" *\n")
	b.WriteString(" * One line per AE: title, host name or IP address, port, compression.\n")
	b.WriteString(" * Every destination of a move or forward needs one. The first line is this\n")
	b.WriteString(" * server. A title ending in * stands for all titles that begin so; a * at the\n")
	b.WriteString(" * end of host or port is then replaced by the rest of the title.\n")
	b.WriteString(" *\n")
	b.WriteString(" * Compression of what is sent there: un none, ul/ub/ue explicit little/big/both,\n")
	b.WriteString(" * as/is as stored, j1 j2 lossless JPEG, j3-j6 lossy JPEG, js/j7 JPEG-LS\n")
	b.WriteString(" * lossless/lossy, jk/jl JPEG 2000 lossless/lossy, jh high-throughput JPEG 2000\n")
	b.WriteString(" * lossless (jh and two digits: lossy), n1-n4 NKI; two digits after a lossy code\n")
	b.WriteString(" * give the quality in percent.\n")
	b.WriteString(" */\n\n")
	for _, e := range m.Entries() {
		b.WriteString(e.String())
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// Write replaces the file at path by Text.
func (m *AEMap) Write(path string, now time.Time) error {
	return replaceFile(path, systemLines(m.Text(now)))
}
