package attribute

import (
	"encoding/binary"
	"math"
	"strings"

	"conquest/dicom"
)

// Target is an element that is set by its name: TAG, or TAG[.N|.*]/TAG in an
// item. There is one level only.
type Target struct {
	Tag    dicom.Tag
	Item   int // NewItem: one that is appended
	Inner  dicom.Tag
	Nested bool // Inner is given
}

// NewItem as the number of an item is the one after the last.
const NewItem = -1

// ParseTarget reads a target at the beginning of s and tells where it ends, or
// where no element is named.
func ParseTarget(s string) (t Target, n int, ok bool) {
	t.Tag, n, ok = CutTag(s)
	if !ok {
		return t, 0, false
	}
	if at(s, n) == '.' {
		if at(s, n+1) == '*' {
			t.Item = NewItem
			n += 2
		} else {
			t.Item = max(Int(s[n+1:]), NewItem)
			for n++; isDigit(at(s, n)); n++ {
			}
		}
	}
	if at(s, n) == '/' {
		inner, length, ok := CutTag(s[n+1:])
		if !ok {
			return t, n + 1, false
		}
		t.Inner, t.Nested = inner, true
		n += 1 + length
	}
	return t, n, true
}

// Set sets the element that t names. A missing sequence is made, an item beyond
// the end is appended. Where the first tag is an element of another kind, that is
// overwritten.
func (t Target) Set(d *dicom.Dataset, text string) {
	e := d.Get(t.Tag)
	switch {
	case !t.Nested, e != nil && !e.IsSequence() && !e.IsEmpty():
		Assign(d, t.Tag, text)
		return
	}
	items := d.Items(t.Tag)
	if t.Item < 0 || t.Item >= len(items) {
		items = append(items[:len(items):len(items)], &dicom.Dataset{})
		d.SetItems(t.Tag, items...)
		t.Item = len(items) - 1
	}
	Assign(items[t.Item], t.Inner, text)
}

// Remove removes the element that t names and tells whether it was there.
func (t Target) Remove(d *dicom.Dataset) bool {
	if !t.Nested {
		return d.Delete(t.Tag)
	}
	items := d.Items(t.Tag)
	return t.Item >= 0 && t.Item < len(items) && items[t.Item].Delete(t.Inner)
}

// Assign sets element t of d from text: numbers of binary VRs separated by
// backslashes, anything else as text padded to even length. An empty text makes
// an empty element. The VR is that of [VR]. A sequence that is absent is made,
// without items; one that is there is emptied by an empty text and left alone by
// any other.
func Assign(d *dicom.Dataset, t dicom.Tag, text string) {
	e := d.Get(t)
	switch sequence := e != nil && e.IsSequence() || e == nil && dicom.CurrentDictionary().VR(t) == dicom.SQ; {
	case !sequence:
		d.Put(Make(d, t, text))
	case e == nil || text == "":
		d.SetItems(t)
	}
}

// Make is the plain element that [Assign] puts into d.
func Make(d *dicom.Dataset, t dicom.Tag, text string) dicom.Element {
	vr := VR(d, t)
	if text == "" {
		return dicom.Element{Tag: t, VR: vr}
	}
	if v, ok := encodeNumbers(vr, text); ok {
		return dicom.Element{Tag: t, VR: vr, Value: v}
	}
	return Padded(t, vr, text)
}

// Padded is an element of text as it is, padded to even length.
func Padded(t dicom.Tag, vr dicom.VR, text string) dicom.Element {
	if vr.IsText() {
		return dicom.NewText(t, vr, text)
	}
	v := []byte(text)
	if len(v)%2 == 1 {
		v = append(v, ' ')
	}
	return dicom.Element{Tag: t, VR: vr, Value: v}
}

// VR is that of the dictionary, or of the element that is there when that says
// more: a sign, or what the dictionary does not know.
func VR(d *dicom.Dataset, t dicom.Tag) dicom.VR {
	vr := dicom.CurrentDictionary().VR(t)
	e := d.Get(t)
	if e == nil || e.VR == 0 || e.VR == dicom.UN || e.VR == vr || e.IsSequence() {
		return vr
	}
	if vr == 0 || vr == dicom.UN || vr.WordSize() > 1 && e.VR.WordSize() == vr.WordSize() {
		return e.VR
	}
	return vr
}

// encodeNumbers is the value of a VR of binary numbers in little endian.
func encodeNumbers(vr dicom.VR, text string) (v []byte, ok bool) {
	switch vr {
	case dicom.US, dicom.SS, dicom.OW, dicom.UL, dicom.SL, dicom.FL, dicom.OF, dicom.FD, dicom.AT:
	default:
		return nil, false
	}
	for part := range strings.SplitSeq(text, `\`) {
		switch vr {
		case dicom.US, dicom.SS, dicom.OW:
			v = binary.LittleEndian.AppendUint16(v, uint16(Int(part)))
		case dicom.UL, dicom.SL:
			v = binary.LittleEndian.AppendUint32(v, uint32(Int(part)))
		case dicom.FL, dicom.OF:
			v = binary.LittleEndian.AppendUint32(v, math.Float32bits(float32(Float(part))))
		case dicom.FD:
			v = binary.LittleEndian.AppendUint64(v, math.Float64bits(Float(part)))
		case dicom.AT:
			t, ok := dicom.ParseTagNumber(strings.TrimSpace(part))
			if !ok {
				return nil, false
			}
			v = binary.LittleEndian.AppendUint16(v, t.Group())
			v = binary.LittleEndian.AppendUint16(v, t.Element())
		}
	}
	return v, true
}
