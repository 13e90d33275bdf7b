package luabind

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/dicom"
	"conquest/lua"
)

// tagOf reads the beginning of a description: "gggg,eeee", what follows ignored,
// or a keyword up to the first other character.
func tagOf(s string) (dicom.Tag, bool) {
	t, _, ok := cutTag(s)
	return t, ok
}

// cutTag reads a tag and gives what follows it.
func cutTag(s string) (t dicom.Tag, rest string, ok bool) {
	if len(s) >= 9 && s[4] == ',' {
		if t, ok = dicom.ParseTag(s[:9]); ok {
			return t, s[9:], true
		}
	}
	n := 0
	for n < len(s) && (isDigit(s[n]) || s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
		n++
	}
	if n == 0 {
		return 0, s, false
	}
	t, ok = dicom.CurrentDictionary().Tag(s[:n])
	return t, s[n:], ok
}

// tooLong is what values longer than maxShown bytes read as.
const (
	tooLong  = "(too long)"
	maxShown = 255
)

// field is the value of a description (docs/original/lua.md 3.1): an element, "/seq.n" and
// a description of what is in that item, "*element" anywhere, or
// "(description)description".
func (s *State) field(o *object, ds *dicom.Dataset, key string) glua.LValue {
	if inner, ok := strings.CutPrefix(key, "("); ok {
		return s.elsewhere(o, ds, inner)
	}
	key, path := strings.CutPrefix(key, "/")
	if wanted, ok := strings.CutPrefix(key, "*"); ok {
		if t, ok := tagOf(wanted); ok {
			return anywhere(ds, t)
		}
		return glua.LNil
	}
	t, rest, ok := cutTag(key)
	if !ok {
		return glua.LNil
	}
	e := ds.Get(t)
	switch {
	case e == nil, t.IsGroupLength(): // the original computes lengths when it writes
		return glua.LNil
	case !path && !isList(e):
		return elementText(e)
	case !path:
		return s.list(o, ds, e)
	}
	n := 0
	if strings.HasPrefix(rest, ".") {
		i := 1
		for i < len(rest) && isDigit(rest[i]) {
			i++
		}
		n, _ = strconv.Atoi(rest[1:i]) // empty is 0
		rest = rest[i:]
	}
	switch {
	case !isList(e):
		return firstValue(e)
	case rest == "":
		return s.list(o, ds, e)
	case n < 0 || n >= len(e.Items):
		return glua.LNil
	}
	return s.field(o, e.Items[n], rest)
}

// isList tells whether an element is an array to scripts: a sequence with items,
// or encapsulated pixel data.
func isList(e *dicom.Element) bool { return e.Items != nil || e.Fragments != nil }

// list is a sequence as an array. Of encapsulated pixel data it is a copy, with an
// element (FFFE,E000) in each item: the offset table, the fragments, and at the
// end an item with the delimiter.
func (s *State) list(o *object, ds *dicom.Dataset, e *dicom.Element) glua.LValue {
	if e.Fragments == nil {
		return s.wrapArray(&array{parent: &object{ds: ds, life: o.life}, tag: e.Tag, life: o.life})
	}
	items := []*dicom.Dataset{fragmentItem(itemTag, e.Fragments.OffsetTable)}
	for i := range e.Fragments.Len() {
		part, err := e.Fragments.Fragment(i)
		if err != nil {
			return glua.LNil
		}
		items = append(items, fragmentItem(itemTag, part))
	}
	return s.newArray(append(items, fragmentItem(endTag, nil)))
}

// Tags of what encapsulated pixel data is made of (PS3.5 annex A.4).
const (
	itemTag dicom.Tag = 0xfffee000
	endTag  dicom.Tag = 0xfffee0dd
)

func fragmentItem(t dicom.Tag, value []byte) *dicom.Dataset {
	d := &dicom.Dataset{}
	d.Put(dicom.Element{Tag: t, VR: dicom.UN, Value: value})
	return d
}

// elementText is the value of a plain element as scripts see it.
func elementText(e *dicom.Element) glua.LValue {
	if e.Length() > maxShown {
		return glua.LString(tooLong)
	}
	v, err := e.Bytes()
	if err != nil {
		return glua.LNil
	}
	vr := scriptVR(e)
	if vr == dicom.UI || vr.IsText() || !isNumeric(vr) {
		return textOrNil(v, shownText(v))
	}
	size := vr.WordSize()
	if vr == dicom.OW {
		size = 2
	}
	if len(v) < size {
		return glua.LNil
	}
	b := make([]byte, 0, 32)
	for i := 0; i+size <= len(v); i += size {
		if i > 0 {
			b = append(b, '\\')
		}
		b = appendValue(b, vr, v[i:])
	}
	return glua.LString(b)
}

// scriptVR is the VR scripts go by: that of the dictionary.
func scriptVR(e *dicom.Element) dicom.VR {
	vr := dicom.CurrentDictionary().VR(e.Tag)
	if vr == 0 {
		return dicom.UN
	}
	return vr
}

func isNumeric(vr dicom.VR) bool {
	switch vr {
	case dicom.US, dicom.UL, dicom.SS, dicom.SL, dicom.OW, dicom.FL, dicom.FD, dicom.OF:
		return true
	}
	return false
}

// appendValue writes the number v begins with.
func appendValue(b []byte, vr dicom.VR, v []byte) []byte {
	switch vr {
	case dicom.US:
		return strconv.AppendUint(b, uint64(binary.LittleEndian.Uint16(v)), 10)
	case dicom.UL:
		return strconv.AppendUint(b, uint64(binary.LittleEndian.Uint32(v)), 10)
	case dicom.SS, dicom.OW:
		return strconv.AppendInt(b, int64(int16(binary.LittleEndian.Uint16(v))), 10)
	case dicom.SL:
		return strconv.AppendInt(b, int64(int32(binary.LittleEndian.Uint32(v))), 10)
	case dicom.FL, dicom.OF:
		return appendFixed(b, float64(math.Float32frombits(binary.LittleEndian.Uint32(v))))
	}
	return appendFixed(b, math.Float64frombits(binary.LittleEndian.Uint64(v)))
}

// appendFixed is C's "%f".
func appendFixed(b []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(b, lua.FormatNumber(f)...)
	}
	return strconv.AppendFloat(b, f, 'f', 6, 64)
}

// shownText is text up to a NUL, without a backslash at the end, or else without
// blanks there (but the first character). Blanks before a NUL stay.
func shownText(v []byte) []byte {
	text := v
	if i := bytes.IndexByte(v, 0); i >= 0 {
		text = v[:i]
	}
	if n := len(text); n > 0 && text[n-1] == '\\' {
		return text[:n-1]
	}
	return trimBlanks(v, text)
}

// trimBlanks removes blanks at the end of text, if that is all of the value v.
func trimBlanks(v, text []byte) []byte {
	if len(text) < len(v) {
		return text
	}
	for len(text) > 1 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	return text
}

// firstValue is the value of an element reached by a path: of several numbers the
// first one, floating point numbers and words as bytes.
func firstValue(e *dicom.Element) glua.LValue {
	if e.Length() > maxShown {
		return glua.LString(tooLong)
	}
	vr := scriptVR(e)
	switch vr {
	case dicom.US, dicom.UL, dicom.SS, dicom.SL:
		if len(e.Value) < vr.WordSize() {
			return glua.LNil
		}
		return glua.LString(appendValue(nil, vr, e.Value))
	}
	text := e.Value
	if i := bytes.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	return textOrNil(e.Value, trimBlanks(e.Value, text))
}

// textOrNil is the text of a value; one that only begins with a NUL is as if it
// were not there.
func textOrNil(v, text []byte) glua.LValue {
	if len(text) == 0 && len(v) > 0 {
		return glua.LNil
	}
	return glua.LString(text)
}

// anywhere is the first value of an element that is not empty, at any level, in
// the order of the tags. Sequences are no values here. An empty element counts
// when no item of a sequence comes after it.
func anywhere(ds *dicom.Dataset, t dicom.Tag) glua.LValue {
	var found glua.LValue = glua.LNil
	for i := range ds.Len() {
		e := ds.At(i)
		if e.Tag == t && !isList(e) {
			found = firstValue(e)
		}
		for _, item := range e.Items {
			if found = anywhere(item, t); holdsText(found) {
				break
			}
		}
		if holdsText(found) {
			return found
		}
	}
	return found
}

func holdsText(v glua.LValue) bool { return v != glua.LNil && v != glua.LString("") }

// elsewhere reads "description)description": the second one in the stored object
// whose SOP instance UID is the first one.
func (s *State) elsewhere(o *object, ds *dicom.Dataset, key string) glua.LValue {
	first, second, ok := strings.Cut(key, ")")
	if !ok || second == "" || s.run == nil {
		return glua.LNil
	}
	uid, ok := lua.ToText(s.field(o, ds, first))
	if !ok || uid == "" {
		return glua.LNil
	}
	other, err := s.e.host.ReadObject(s.vm.Context(), ":"+uid)
	if err != nil {
		return glua.LNil
	}
	v := s.field(&object{ds: other}, other, second)
	if v.Type() == glua.LTUserData {
		return glua.LString("(sequence)")
	}
	return v
}
