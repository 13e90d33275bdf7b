package luabind

import (
	"strings"

	"conquest/attribute"
	"conquest/dicom"
)

// jsonReader reads the JSON that objects can be made of (docs/original/lua.md 4). It takes
// what it can of broken text.
type jsonReader struct {
	s     string
	i     int
	depth int
	end   bool // nothing more is read
}

// mergeJSON sets the elements of a JSON object in ds. Text that is none changes
// nothing.
func mergeJSON(ds *dicom.Dataset, text string) {
	r := &jsonReader{s: text}
	if r.next() == '{' {
		r.object(ds)
	}
}

// itemsFromJSON reads an array of objects.
func itemsFromJSON(text string) []*dicom.Dataset {
	r := &jsonReader{s: text}
	items := []*dicom.Dataset{}
	if r.next() == '[' {
		items = r.array()
	}
	return items
}

// isArray tells whether JSON text is an array.
func isArray(text string) bool {
	r := &jsonReader{s: text}
	return r.next() == '['
}

// next is the next character that is no blank, 0 at the end; it is not taken.
func (r *jsonReader) next() byte {
	for r.i < len(r.s) {
		switch c := r.s[r.i]; c {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return c
		}
	}
	r.end = true
	return 0
}

// object reads members into ds; the brace is next.
func (r *jsonReader) object(ds *dicom.Dataset) {
	r.i++
	if r.depth++; r.depth > dicom.MaxDepth {
		r.end = true
	}
	defer func() { r.depth-- }()
	for !r.end {
		switch r.next() {
		case ',':
			r.i++
			continue
		case '}':
			r.i++
			return
		case '"':
		default:
			r.end = true
			return
		}
		key := r.text()
		if r.next() != ':' {
			r.end = true
			return
		}
		r.i++
		t, ok := jsonTag(key)
		r.member(ds, t, ok)
	}
}

// jsonTag reads a keyword or 8 hexadecimal digits.
func jsonTag(key string) (dicom.Tag, bool) {
	if t, ok := dicom.CurrentDictionary().Tag(key); ok {
		return t, true
	}
	if len(key) != 8 {
		return 0, false
	}
	return dicom.ParseTagNumber(key)
}

// member reads a value. After objects, and after arrays of unknown keys, nothing
// more is read.
func (r *jsonReader) member(ds *dicom.Dataset, t dicom.Tag, known bool) {
	sequence := dicom.CurrentDictionary().VR(t) == dicom.SQ
	switch r.next() {
	case 0:
	case '{':
		if !known {
			r.end = true
			return
		}
		ds.Put(dicom.Element{Tag: t, VR: dicom.CurrentDictionary().VR(t)})
		r.end = true
	case '[':
		items := r.array()
		switch {
		case known:
			ds.SetItems(t, items...)
		case len(items) > 0:
			r.end = true
		}
	default:
		text := r.scalar()
		switch {
		case !known:
		case sequence:
			ds.SetItems(t)
		default:
			ds.Put(attribute.Make(ds, t, oneNumber(attribute.VR(ds, t), text)))
		}
	}
}

// array reads the objects of an array; other values are empty items.
func (r *jsonReader) array() []*dicom.Dataset {
	r.i++
	items := []*dicom.Dataset{}
	for !r.end {
		switch r.next() {
		case ',':
			r.i++
		case ']':
			r.i++
			return items
		case '{':
			item := &dicom.Dataset{}
			r.object(item)
			items = append(items, item)
		case '[':
			r.skip()
			items = append(items, &dicom.Dataset{})
		default:
			r.scalar()
			items = append(items, &dicom.Dataset{})
		}
	}
	return items
}

// skip steps over an object or array.
func (r *jsonReader) skip() {
	level := 0
	for !r.end {
		switch r.next() {
		case '{', '[':
			level++
			r.i++
		case '}', ']':
			level--
			r.i++
			if level <= 0 {
				return
			}
		case '"':
			r.text()
		default:
			r.i++
		}
	}
}

func (r *jsonReader) scalar() string {
	if r.next() == '"' {
		return r.text()
	}
	start := r.i
	for r.i < len(r.s) && strings.IndexByte(" \t\r\n,]}:", r.s[r.i]) < 0 {
		r.i++
	}
	if r.i == start {
		r.i++
		return ""
	}
	return r.s[start:r.i]
}

// text reads a string. Backslashes are removed, what follows them stays.
func (r *jsonReader) text() string {
	r.i++
	start := r.i
	escaped := false
	for r.i < len(r.s) && r.s[r.i] != '"' {
		if r.s[r.i] == '\\' {
			escaped = true
			r.i++
		}
		r.i++
	}
	end := min(r.i, len(r.s))
	r.i = end + 1
	if !escaped {
		return r.s[start:end]
	}
	var b strings.Builder
	for i := start; i < end; i++ {
		if r.s[i] == '\\' {
			i++
		}
		if i < end {
			b.WriteByte(r.s[i])
		}
	}
	return b.String()
}
