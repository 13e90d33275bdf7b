package dicom

import (
	"bytes"
	"iter"
)

// Walk yields the elements of all levels, each sequence before what it holds.
// The path and the pointer are good until the next step; elements may change
// their values meanwhile, none may be added or removed.
func (d *Dataset) Walk() iter.Seq2[Path, *Element] {
	return func(yield func(Path, *Element) bool) {
		path := make(Path, 0, 8)
		d.walk(path, yield)
	}
}

func (d *Dataset) walk(path Path, yield func(Path, *Element) bool) bool {
	path = append(path, Step{})
	last := &path[len(path)-1]
	for i := range d.elems {
		e := &d.elems[i]
		*last = Step{Tag: e.Tag, Item: NoItem}
		if !yield(path, e) {
			return false
		}
		for n, it := range e.Items {
			last.Item = n
			if !it.walk(path, yield) {
				return false
			}
		}
	}
	return true
}

// Merge puts the top-level elements of from into d, in the place of elements
// with the same tag. Items are shared with from.
func (d *Dataset) Merge(from *Dataset) {
	if len(from.elems) == 0 {
		return
	}
	out := make([]Element, 0, len(d.elems)+len(from.elems))
	i := 0
	for k := range from.elems {
		t := from.elems[k].Tag
		for ; i < len(d.elems) && d.elems[i].Tag < t; i++ {
			out = append(out, d.elems[i])
		}
		if i < len(d.elems) && d.elems[i].Tag == t {
			i++
		}
		out = append(out, from.elems[k])
	}
	d.elems = append(out, d.elems[i:]...)
}

// Difference is one place where two data sets differ. A or B is nil where the
// element is missing.
type Difference struct {
	Path Path
	A, B *Element
}

// Diff lists where a and b differ in elements, VRs, values or number of items.
// Values are compared byte for byte, file-backed ones after reading them;
// values that can not be read count as different.
func Diff(a, b *Dataset) []Difference {
	var out []Difference
	diff(nil, a, b, func(d Difference) bool {
		out = append(out, d)
		return true
	})
	return out
}

// Equal tells whether a and b have the same elements with the same VRs and
// values, byte for byte, at all levels.
func Equal(a, b *Dataset) bool {
	return diff(nil, a, b, func(Difference) bool { return false })
}

func diff(path Path, a, b *Dataset, found func(Difference) bool) bool {
	i, k := 0, 0
	for i < len(a.elems) || k < len(b.elems) {
		var x, y *Element
		switch {
		case k == len(b.elems) || i < len(a.elems) && a.elems[i].Tag < b.elems[k].Tag:
			x = &a.elems[i]
			i++
		case i == len(a.elems) || b.elems[k].Tag < a.elems[i].Tag:
			y = &b.elems[k]
			k++
		default:
			x, y = &a.elems[i], &b.elems[k]
			i++
			k++
		}
		if !diffElement(path, x, y, found) {
			return false
		}
	}
	return true
}

func diffElement(path Path, x, y *Element, found func(Difference) bool) bool {
	at := func(t Tag, item int) Path {
		return append(append(make(Path, 0, len(path)+1), path...), Step{Tag: t, Item: item})
	}
	switch {
	case x == nil:
		return found(Difference{Path: at(y.Tag, NoItem), B: y})
	case y == nil || x.VR != y.VR || len(x.Items) != len(y.Items) || !sameValue(x, y):
		return found(Difference{Path: at(x.Tag, NoItem), A: x, B: y})
	}
	for n := range x.Items {
		if !diff(at(x.Tag, n), x.Items[n], y.Items[n], found) {
			return false
		}
	}
	return true
}

func sameValue(x, y *Element) bool {
	if (x.Fragments == nil) != (y.Fragments == nil) || x.Length() != y.Length() {
		return false
	}
	if x.Fragments != nil {
		return sameFragments(x.Fragments, y.Fragments)
	}
	a, err1 := x.Bytes()
	b, err2 := y.Bytes()
	return err1 == nil && err2 == nil && bytes.Equal(a, b)
}

func sameFragments(x, y *Fragments) bool {
	if x.Len() != y.Len() || !bytes.Equal(x.OffsetTable, y.OffsetTable) {
		return false
	}
	for i := range x.Len() {
		a, err1 := x.Fragment(i)
		b, err2 := y.Fragment(i)
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			return false
		}
	}
	return true
}
