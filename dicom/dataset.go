package dicom

import (
	"encoding/binary"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Dataset is a set of elements in ascending order of tag, each tag once. The
// zero value is empty and ready to use. It is not safe for concurrent change;
// concurrent reading is safe.
type Dataset struct {
	elems []Element
}

// NewDataset makes a data set with room for n elements.
func NewDataset(n int) *Dataset { return &Dataset{elems: make([]Element, 0, n)} }

// Len is the number of elements at the top level.
func (d *Dataset) Len() int { return len(d.elems) }

// At is element i in order of tag. The pointer is valid until the next change.
func (d *Dataset) At(i int) *Element { return &d.elems[i] }

// All yields the elements in order of tag. The data set may not change
// meanwhile.
func (d *Dataset) All() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for i := range d.elems {
			if !yield(&d.elems[i]) {
				return
			}
		}
	}
}

func (d *Dataset) search(t Tag) (int, bool) {
	if n := len(d.elems); n == 0 || d.elems[n-1].Tag < t {
		return n, false
	}
	lo, hi := 0, len(d.elems)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if d.elems[mid].Tag < t {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(d.elems) && d.elems[lo].Tag == t
}

// Get returns the element with tag t, nil when there is none. The pointer is
// valid until the next change of the data set.
func (d *Dataset) Get(t Tag) *Element {
	if i, ok := d.search(t); ok {
		return &d.elems[i]
	}
	return nil
}

// Has tells whether there is an element with tag t, empty or not.
func (d *Dataset) Has(t Tag) bool {
	_, ok := d.search(t)
	return ok
}

// Put adds e, in the place of an element with the same tag.
func (d *Dataset) Put(e Element) {
	i, ok := d.search(e.Tag)
	if ok {
		d.elems[i] = e
		return
	}
	d.elems = slices.Insert(d.elems, i, e)
}

// Delete removes the element with tag t and tells whether there was one.
func (d *Dataset) Delete(t Tag) bool {
	i, ok := d.search(t)
	if ok {
		d.elems = slices.Delete(d.elems, i, i+1)
	}
	return ok
}

// DeleteFunc removes the top-level elements for which del is true.
func (d *Dataset) DeleteFunc(del func(*Element) bool) {
	d.elems = slices.DeleteFunc(d.elems, func(e Element) bool { return del(&e) })
}

// Value is the plain bytes of element t, nil when absent, empty, or not a plain
// value in memory.
func (d *Dataset) Value(t Tag) []byte {
	if e := d.Get(t); e != nil {
		return e.Value
	}
	return nil
}

// String is the value of t as text: up to the first NUL, without trailing
// blanks; "" when absent.
func (d *Dataset) String(t Tag) string {
	if e := d.Get(t); e != nil {
		return e.String()
	}
	return ""
}

// Strings is the value of t split at backslashes, each part without
// surrounding blanks; nil when absent or empty.
func (d *Dataset) Strings(t Tag) []string {
	s := d.String(t)
	if s == "" {
		return nil
	}
	parts := strings.Split(s, `\`)
	for i, p := range parts {
		parts[i] = strings.Trim(p, " ")
	}
	return parts
}

// Texts is the value of t in UTF-8, read by the character set of d and then split
// at backslashes, each part without surrounding blanks; nil when absent or empty.
func (d *Dataset) Texts(t Tag) []string {
	s := d.Text(t)
	if s == "" {
		return nil
	}
	parts := strings.Split(s, `\`)
	for i, p := range parts {
		parts[i] = strings.Trim(p, " ")
	}
	return parts
}

// Int is the first number of t by its VR, that of the dictionary in use where the
// element says UN; the fraction is cut. ok is false when there is none: absent,
// empty, too short for a number, or text that is none.
func (d *Dataset) Int(t Tag) (n int, ok bool) {
	e := d.Get(t)
	if e == nil {
		return 0, false
	}
	vr := e.VR
	if vr == UN || vr == 0 {
		vr = CurrentDictionary().VR(t)
	}
	v := e.Value
	switch {
	case vr.IsText():
		s, _, _ := strings.Cut(e.String(), `\`)
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return int(f), err == nil
	case len(v) < vr.WordSize(), vr == AT && len(v) < 4:
		return 0, false
	case vr == FL || vr == OF:
		return int(math.Float32frombits(binary.LittleEndian.Uint32(v))), true
	case vr == FD || vr == OD:
		return int(math.Float64frombits(binary.LittleEndian.Uint64(v))), true
	case vr == AT:
		return int(NewTag(binary.LittleEndian.Uint16(v), binary.LittleEndian.Uint16(v[2:]))), true
	}
	return int(vr.integer(v)), true
}

// SetString puts s as the value of t, padded to even length, with the VR of the
// dictionary in use: UN when it does not know t.
func (d *Dataset) SetString(t Tag, s string) {
	vr := CurrentDictionary().VR(t)
	d.Put(NewText(t, vr, s))
}

// NewText makes an element of text, padded to even length by the rule of vr.
func NewText(t Tag, vr VR, s string) Element {
	if s == "" {
		return Element{Tag: t, VR: vr}
	}
	v := make([]byte, len(s), len(s)+1)
	copy(v, s)
	if len(v)%2 == 1 {
		pad := byte(' ')
		if vr == UI {
			pad = 0
		}
		v = append(v, pad)
	}
	return Element{Tag: t, VR: vr, Value: v}
}

// SetUint16 puts n as one 16-bit number with VR US.
func (d *Dataset) SetUint16(t Tag, n uint16) {
	d.Put(Element{Tag: t, VR: US, Value: binary.LittleEndian.AppendUint16(nil, n)})
}

// SetUint32 puts n as one 32-bit number with VR UL.
func (d *Dataset) SetUint32(t Tag, n uint32) {
	d.Put(Element{Tag: t, VR: UL, Value: binary.LittleEndian.AppendUint32(nil, n)})
}

// SetItems puts items as the sequence t.
func (d *Dataset) SetItems(t Tag, items ...*Dataset) {
	if items == nil {
		items = []*Dataset{}
	}
	d.Put(Element{Tag: t, VR: SQ, Items: items})
}

// Items are the items of sequence t, nil when absent or no sequence.
func (d *Dataset) Items(t Tag) []*Dataset {
	if e := d.Get(t); e != nil {
		return e.Items
	}
	return nil
}

// Clone copies the data set and all nested items. The bytes of values are
// shared, which is safe because nobody changes them in place.
func (d *Dataset) Clone() *Dataset {
	c := &Dataset{elems: slices.Clone(d.elems)}
	for i := range c.elems {
		e := &c.elems[i]
		if e.Items == nil {
			continue
		}
		items := make([]*Dataset, len(e.Items))
		for k, it := range e.Items {
			items[k] = it.Clone()
		}
		e.Items = items
	}
	return c
}
