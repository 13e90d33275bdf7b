package attribute

import "conquest/dicom"

// Path is the description of an element: an element, "/seq.N" and a description
// of what is in that item, "*element" anywhere, or "(path)path" in another
// object.
type Path struct {
	Object *Path // of (path): the SOP instance UID of the object in which Next is looked up
	Bad    bool  // names no element
	InItem bool  // began with /
	Any    bool  // began with *
	Tag    dicom.Tag
	Index  int    // of the item, for InItem
	Next   *Path  // what follows in the item, or in the other object
	AtEnd  bool   // InItem at the end of the text
	Rest   string // the text of Next
}

// maxParts bounds the components of one path.
const maxParts = 40

// ParsePath reads a path at the beginning of s and tells how much of s it is.
func ParsePath(s string) (p *Path, n int) {
	parts := 0
	return parsePart(s, &parts)
}

func parsePart(s string, parts *int) (*Path, int) {
	p := &Path{}
	if *parts++; *parts > maxParts {
		p.Bad = true
		return p, 0
	}
	i := 0
	if at(s, 0) == '(' {
		object, n := parsePart(s[1:], parts)
		i = 1 + n
		if at(s, i) == ')' {
			i++
		}
		p.Object = object
		next, n := parsePart(s[min(i, len(s)):], parts)
		p.Next = next
		return p, i + n
	}
	if at(s, i) == '/' {
		i, p.InItem = i+1, true
	}
	if at(s, i) == '*' {
		i, p.InItem, p.Any = i+1, false, true
	}
	tag, n, ok := CutTag(s[i:])
	if !ok {
		p.Bad = true
		return p, i
	}
	p.Tag = tag
	i += n
	if !p.InItem {
		return p, i
	}
	if at(s, i) == '.' {
		p.Index = Int(s[i+1:])
		for i++; isDigit(at(s, i)); i++ {
		}
	}
	if i >= len(s) {
		p.AtEnd = true
		return p, i
	}
	next, n := parsePart(s[i:], parts)
	p.Next, p.Rest = next, s[i:i+n]
	return p, i + n
}

// Search is the text of the element that p names in d, "" when there is none, and
// the part at the end of the description that is not used: behind an element that
// is no sequence, or an item that is not there. It does not go to other objects.
func (p *Path) Search(d *dicom.Dataset) (text, rest string) {
	if d == nil || p.Bad || p.Object != nil {
		return "", ""
	}
	if p.Any {
		text, _ = Anywhere(d, p.Tag)
		return text, ""
	}
	e := d.Get(p.Tag)
	switch {
	case !p.InItem:
		text, _ = Text(e)
		return text, ""
	case e == nil:
		return "", ""
	case e.IsSequence() && p.AtEnd:
		return Sequence, ""
	case e.IsSequence():
		if p.Index < 0 || p.Index >= len(e.Items) {
			return "", p.Rest
		}
		return p.Next.Search(e.Items[p.Index])
	}
	text, _ = First(e)
	return text, p.Rest
}
