package dicom

import "sync/atomic"

// Dictionary knows VR and keyword of tags. It is immutable once made.
type Dictionary struct {
	byTag     map[Tag]DictionaryEntry
	byKeyword map[string]Tag
}

// DictionaryEntry is what a dictionary knows of one tag.
type DictionaryEntry struct {
	VR      VR
	Keyword string
}

// VR is the VR of t, UN when the dictionary does not know it; group lengths
// are UL.
func (d *Dictionary) VR(t Tag) VR {
	if e, ok := d.byTag[t]; ok {
		return e.VR
	}
	if t.IsGroupLength() {
		return UL
	}
	return UN
}

// Keyword is the keyword of t, "" when unknown.
func (d *Dictionary) Keyword(t Tag) string { return d.byTag[t].Keyword }

// Tag finds the tag of a keyword, letter case significant; the lowest tag when
// several have it.
func (d *Dictionary) Tag(keyword string) (Tag, bool) {
	t, ok := d.byKeyword[keyword]
	return t, ok
}

// Lookup returns the entry of t.
func (d *Dictionary) Lookup(t Tag) (DictionaryEntry, bool) {
	e, ok := d.byTag[t]
	return e, ok
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

// StandardDictionary is the built-in table.
func StandardDictionary() *Dictionary { return &Dictionary{} }
