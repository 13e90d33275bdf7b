package dicom

import (
	"sync"
	"sync/atomic"
)

//go:generate go run ./gendictionary

// Dictionary knows VR, keyword and name of tags. It is immutable once made.
type Dictionary struct {
	tags    []Tag // ascending
	entries []DictionaryEntry
	own     []Tag                   // of the dictionary that was laid over another, ascending, with repetitions; nil: tags
	odd     map[Tag]DictionaryEntry // of own, that tell nothing of a tag

	// keywords are the places of the entries in order of keyword, as far as they
	// are known beforehand; others are found by byKeyword.
	keywords  []uint16
	names     sync.Once
	byKeyword map[string]Tag
}

// DictionaryEntry is what a dictionary knows of one tag.
type DictionaryEntry struct {
	VR      VR
	Or      VR // a second VR that the element may have instead, 0 for most
	Keyword string
	VM      string // value multiplicity as PS3.6 writes it: "1", "1-n"; "" when unknown
	Name    string // "" when unknown
	Retired bool
}

// repeatingGroup are the tags that have value where mask has bits (PS3.6 section
// 6, tags with xx).
type repeatingGroup struct {
	value, mask Tag
	entry       DictionaryEntry
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

// repeating is the entry of a tag of a repeating group, nil when t is none.
func repeating(t Tag) *DictionaryEntry {
	switch group := t >> 16; {
	case group&1 == 1:
		return nil
	case group == 0x0020 || group == 0x0028 || group == 0x1000 || group == 0x1010:
	case group>>8 != 0x50 && group>>8 != 0x60 && group>>8 != 0x7f:
		return nil
	}
	for i := range repeatingGroups {
		if g := &repeatingGroups[i]; t&g.mask == g.value && !t.IsGroupLength() {
			return &g.entry
		}
	}
	return nil
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
	if e := repeating(t); e != nil {
		return e.VR, i
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
	e, _ := d.Lookup(t)
	return e.Keyword
}

// Tag finds the tag of a keyword, letter case significant; the lowest tag when
// several have it. Keywords that PS3.6 had before, or PS3.7 has, are found as
// well when the dictionary has the tag.
func (d *Dictionary) Tag(keyword string) (Tag, bool) {
	t, ok := d.tagOf(keyword)
	if ok {
		return t, true
	}
	for i := range otherKeywords {
		if o := &otherKeywords[i]; o.keyword == keyword {
			_, ok := d.index(o.tag)
			return o.tag, ok
		}
	}
	return 0, false
}

func (d *Dictionary) tagOf(keyword string) (Tag, bool) {
	if d.keywords != nil {
		return d.searchKeyword(keyword)
	}
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

func (d *Dictionary) searchKeyword(keyword string) (Tag, bool) {
	lo, hi := 0, len(d.keywords)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if d.entries[d.keywords[mid]].Keyword < keyword {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(d.keywords) || d.entries[d.keywords[lo]].Keyword != keyword {
		return 0, false
	}
	return d.tags[d.keywords[lo]], true
}

// otherKeywords are keywords that some tags had in earlier editions of PS3.6, and
// those of PS3.7 for the elements of commands.
var otherKeywords = [...]struct {
	keyword string
	tag     Tag
}{
	{"ASLCrusherFlow", 0x0018925a},
	{"ComponentTypeCode", 0x00760034},
	{"CrystalCenterLocationX", 0x00144058},
	{"CrystalCenterLocationZ", 0x00144059},
	{"ElementPitch", 0x00144016},
	{"ExclusionStartDatetime", 0x00189804},
	{"LocalizedDeviationfromNormal", 0x00240068},
	{"MaterialPropertiesFileFormat", 0x00140045},
	{"MaterialPropertiesFileID", 0x00140044},
	{"NumberOfPaddedAlines", 0x00520038},
	{"ObservationUIDTrial", 0x0040a171},
	{"OphthalmicUltrasoundAxialMeasurementsTypeCodeSequence", 0x00221044},
	{"SourceOfRefractiveErrorDataCodeSequence", 0x00221135},
	{"ThreatDetectionAlgorithmandVersion", 0x40101029},
	{"ViewOrientationModifier", 0x006862f0},
	{"aveformPaddingValue", 0x5400100a},
	{"CommandDataSetType", 0x00000800},
	{"CommandGroupLength", 0x00000000},
}

// Lookup returns the entry of t.
func (d *Dictionary) Lookup(t Tag) (DictionaryEntry, bool) {
	if i, ok := d.index(t); ok {
		return d.entries[i], true
	}
	if e := repeating(t); e != nil {
		return *e, true
	}
	return DictionaryEntry{}, false
}

// Len is the number of tags the dictionary lists.
func (d *Dictionary) Len() int { return len(d.tags) }

// All yields tags and entries in order of tag; of repeating groups the first.
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
// What over does not say of it - a second VR beside the same first one, VM, name -
// stays.
func (d *Dictionary) Overlay(over *Dictionary) *Dictionary {
	n := len(d.tags) + len(over.tags)
	out := &Dictionary{tags: make([]Tag, 0, n), entries: make([]DictionaryEntry, 0, n)}
	i := 0
	for k, t := range over.tags {
		from := i
		for i < len(d.tags) && d.tags[i] < t {
			i++
		}
		out.tags = append(out.tags, d.tags[from:i]...)
		out.entries = append(out.entries, d.entries[from:i]...)
		e := over.entries[k]
		if i < len(d.tags) && d.tags[i] == t {
			e = e.completed(&d.entries[i])
			i++
		}
		out.add(t, e)
	}
	out.tags = append(out.tags, d.tags[i:]...)
	out.entries = append(out.entries, d.entries[i:]...)
	out.own, out.odd = over.Own(), over.odd
	return out
}

// Own are the tags of a dictionary without those that only the one below it knows, in
// ascending order, and as often as its file has them.
func (d *Dictionary) Own() []Tag {
	if d.own != nil {
		return d.own
	}
	return d.tags
}

// OwnEntry is what a line of the file of a tag of [Dictionary.Own] says.
func (d *Dictionary) OwnEntry(t Tag) DictionaryEntry {
	if e, ok := d.odd[t]; ok {
		return e
	}
	e, _ := d.Lookup(t)
	return e
}

// completed is e with what only below knows.
func (e DictionaryEntry) completed(below *DictionaryEntry) DictionaryEntry {
	if e.Or == 0 && e.VR == below.VR {
		e.Or = below.Or
	}
	if e.VM == "" {
		e.VM = below.VM
	}
	if e.Name == "" && e.Keyword == below.Keyword {
		e.Name, e.Retired = below.Name, below.Retired
	}
	return e
}

func (d *Dictionary) add(t Tag, e DictionaryEntry) {
	d.tags = append(d.tags, t)
	d.entries = append(d.entries, e)
}

var (
	currentDictionary atomic.Pointer[Dictionary] // nil: to be chosen
	choosing          sync.Mutex                 // guards below
	laterDictionary   func() *Dictionary
)

// CurrentDictionary is the dictionary in use: the built-in one until
// [UseDictionary] is called.
func CurrentDictionary() *Dictionary {
	if d := currentDictionary.Load(); d != nil {
		return d
	}
	return chooseDictionary()
}

func chooseDictionary() *Dictionary {
	choosing.Lock()
	defer choosing.Unlock()
	d := currentDictionary.Load()
	if d == nil && laterDictionary != nil {
		d, laterDictionary = laterDictionary(), nil
	}
	if d == nil {
		d = StandardDictionary()
	}
	currentDictionary.Store(d)
	return d
}

// useLater makes the dictionary that choose gives the one in use when one is first
// asked for; nil is the built-in one.
func useLater(choose func() *Dictionary) {
	choosing.Lock()
	defer choosing.Unlock()
	laterDictionary = choose
	currentDictionary.Store(nil)
}

// UseDictionary makes d the dictionary that parsing and naming use from now on;
// the server calls it once at start, with the site's dgate.dic on top of the
// built-in table.
func UseDictionary(d *Dictionary) { currentDictionary.Store(d) }

// StandardDictionary is the built-in table: the attributes of PS3.6 and the
// elements of PS3.7, the private ones of some makers, and group 9999 of the
// server's own messages.
func StandardDictionary() *Dictionary { return &standardDictionary }

var standardDictionary = Dictionary{tags: standardTags[:], entries: standardEntries[:], keywords: standardKeywords[:]}
