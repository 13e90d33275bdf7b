package luabind

import (
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/lua"
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
		if t, _, ok := attribute.CutTag(wanted); ok {
			return textOrNil(attribute.Anywhere(ds, t))
		}
		return glua.LNil
	}
	t, end, ok := attribute.CutTag(key)
	if !ok {
		return glua.LNil
	}
	rest := key[end:]
	e := ds.Get(t)
	switch {
	case e == nil, t.IsGroupLength(): // the original computes lengths when it writes
		return glua.LNil
	case !path && !isList(e):
		return textOrNil(attribute.Text(e))
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
		return textOrNil(attribute.First(e))
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

// scriptVR is the VR scripts go by: that of the dictionary.
func scriptVR(e *dicom.Element) dicom.VR {
	vr := dicom.CurrentDictionary().VR(e.Tag)
	if vr == 0 {
		return dicom.UN
	}
	return vr
}

// textOrNil is what [attribute.Text] and its like give as a value of Lua.
func textOrNil(text string, ok bool) glua.LValue {
	if !ok {
		return glua.LNil
	}
	return glua.LString(text)
}

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
		return glua.LString(attribute.Sequence)
	}
	return v
}
