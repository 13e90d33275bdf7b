package dicom

import (
	_ "embed"
	"strings"
	"sync"
	"sync/atomic"
)

// Dictionary knows VR and keyword of tags. It is immutable once made.
type Dictionary struct {
	tags    []Tag // ascending
	entries []DictionaryEntry

	names     sync.Once
	byKeyword map[string]Tag
}

// DictionaryEntry is what a dictionary knows of one tag.
type DictionaryEntry struct {
	VR      VR
	Keyword string
}

func (d *Dictionary) index(t Tag) (int, bool) {
	lo, hi := 0, len(d.tags)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if d.tags[mid] < t {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(d.tags) && d.tags[lo] == t
}

// VR is the VR of t, UN when the dictionary does not know it; group lengths
// are UL.
func (d *Dictionary) VR(t Tag) VR {
	vr, _ := d.vrAt(t)
	return vr
}

func (d *Dictionary) vrAt(t Tag) (VR, int) {
	i, ok := d.index(t)
	switch {
	case ok:
		return d.entries[i].VR, i
	case t.IsGroupLength():
		return UL, i
	}
	return UN, i
}

// vrAfter is VR for tags asked in ascending order: hint is the position the
// last call returned.
func (d *Dictionary) vrAfter(t Tag, hint int) (VR, int) {
	for i := hint; i < len(d.tags) && i < hint+4; i++ {
		if d.tags[i] == t {
			return d.entries[i].VR, i
		}
	}
	return d.vrAt(t)
}

// Keyword is the keyword of t, "" when unknown.
func (d *Dictionary) Keyword(t Tag) string {
	if i, ok := d.index(t); ok {
		return d.entries[i].Keyword
	}
	return ""
}

// Tag finds the tag of a keyword, letter case significant; the lowest tag when
// several have it.
func (d *Dictionary) Tag(keyword string) (Tag, bool) {
	d.names.Do(func() {
		m := make(map[string]Tag, len(d.tags))
		for i := len(d.tags) - 1; i >= 0; i-- {
			if k := d.entries[i].Keyword; k != "" {
				m[k] = d.tags[i]
			}
		}
		d.byKeyword = m
	})
	t, ok := d.byKeyword[keyword]
	return t, ok
}

// Lookup returns the entry of t.
func (d *Dictionary) Lookup(t Tag) (DictionaryEntry, bool) {
	if i, ok := d.index(t); ok {
		return d.entries[i], true
	}
	return DictionaryEntry{}, false
}

// Len is the number of tags the dictionary knows.
func (d *Dictionary) Len() int { return len(d.tags) }

// All yields tags and entries in order of tag.
func (d *Dictionary) All() func(yield func(Tag, DictionaryEntry) bool) {
	return func(yield func(Tag, DictionaryEntry) bool) {
		for i, t := range d.tags {
			if !yield(t, d.entries[i]) {
				return
			}
		}
	}
}

// Overlay makes a dictionary of d and over; where both know a tag, over counts.
func (d *Dictionary) Overlay(over *Dictionary) *Dictionary {
	n := len(d.tags) + len(over.tags)
	out := &Dictionary{tags: make([]Tag, 0, n), entries: make([]DictionaryEntry, 0, n)}
	i := 0
	for k, t := range over.tags {
		for ; i < len(d.tags) && d.tags[i] < t; i++ {
			out.add(d.tags[i], d.entries[i])
		}
		if i < len(d.tags) && d.tags[i] == t {
			i++
		}
		out.add(t, over.entries[k])
	}
	for ; i < len(d.tags); i++ {
		out.add(d.tags[i], d.entries[i])
	}
	return out
}

func (d *Dictionary) add(t Tag, e DictionaryEntry) {
	d.tags = append(d.tags, t)
	d.entries = append(d.entries, e)
}

var currentDictionary atomic.Pointer[Dictionary]

// CurrentDictionary is the dictionary in use: the built-in one until
// [UseDictionary] is called.
func CurrentDictionary() *Dictionary {
	if d := currentDictionary.Load(); d != nil {
		return d
	}
	return StandardDictionary()
}

// UseDictionary makes d the dictionary that parsing and naming use from now on;
// the server calls it once at start, with the site's dgate.dic on top of the
// built-in table.
func UseDictionary(d *Dictionary) { currentDictionary.Store(d) }

// StandardDictionary is the built-in table: the elements of PS3.6 and PS3.7,
// the private ones of some makers, and group 9999 of the server's own messages.
func StandardDictionary() *Dictionary { return standardDictionary() }

//go:embed dictionary.txt
var dictionaryText string

var standardDictionary = sync.OnceValue(parseStandardDictionary)

// parseStandardDictionary reads the table: lines "ggggeeee VR Keyword",
// ascending.
func parseStandardDictionary() *Dictionary {
	const lines = 4096
	d := &Dictionary{tags: make([]Tag, 0, lines), entries: make([]DictionaryEntry, 0, lines)}
	for text := dictionaryText; text != ""; {
		line := text
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = ""
		}
		if len(line) < 12 {
			continue
		}
		if t, ok := ParseTag(line[:8]); ok {
			d.add(t, DictionaryEntry{VR: ParseVR(line[9:11]), Keyword: line[12:]})
		}
	}
	return d
}
