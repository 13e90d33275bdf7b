package luabind

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"conquest/dicom"
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

// field is the value of a description (spec/lua.md 3.1).
func (s *State) field(o *object, ds *dicom.Dataset, key string) lua.LValue {
	switch {
	case key == "":
		return lua.LNil
	case key[0] == '/':
		return s.path(o, ds, key[1:])
	case key[0] == '*':
		return s.anywhere(o, ds, key[1:])
	case key[0] == '(':
		return s.elsewhere(o, ds, key[1:])
	}
	t, ok := tagOf(key)
	if !ok {
		return lua.LNil
	}
	e := ds.Get(t)
	if e == nil {
		return lua.LNil
	}
	if e.Items != nil {
		return s.wrapArray(&array{parent: &object{ds: ds, life: o.life}, tag: t, life: o.life})
	}
	return elementText(e)
}

// elementText is the value of a plain element as scripts see it.
func elementText(e *dicom.Element) lua.LValue {
	if e.Fragments != nil || e.Length() > maxShown {
		return lua.LString(tooLong)
	}
	v, err := e.Bytes()
	if err != nil {
		return lua.LNil
	}
	vr := scriptVR(e)
	if vr == dicom.UI || vr.IsText() || !isNumeric(vr) {
		return lua.LString(shownText(v))
	}
	size := vr.WordSize()
	if vr == dicom.OW {
		size = 2
	}
	if len(v) < size {
		return lua.LNil
	}
	b := make([]byte, 0, 32)
	for i := 0; i+size <= len(v); i += size {
		if i > 0 {
			b = append(b, '\\')
		}
		b = appendValue(b, vr, v[i:])
	}
	return lua.LString(b)
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
		return append(b, notFinite(f)...)
	}
	return strconv.AppendFloat(b, f, 'f', 6, 64)
}

// shownText is text up to a NUL, without blanks at the end (but the first
// character) and without a backslash at the end.
func shownText(v []byte) []byte {
	for i, c := range v {
		if c == 0 {
			v = v[:i]
			break
		}
	}
	for len(v) > 1 && v[len(v)-1] == ' ' {
		v = v[:len(v)-1]
	}
	if n := len(v); n > 0 && v[n-1] == '\\' {
		v = v[:n-1]
	}
	return v
}

// firstValue is the value of an element reached by a path: of several numbers the
// first one, floating point numbers and words as bytes.
func firstValue(e *dicom.Element) lua.LValue {
	if e.Fragments != nil || e.Length() > maxShown {
		return lua.LString(tooLong)
	}
	vr := scriptVR(e)
	switch vr {
	case dicom.US, dicom.UL, dicom.SS, dicom.SL:
		if len(e.Value) < vr.WordSize() {
			return lua.LNil
		}
		return lua.LString(appendValue(nil, vr, e.Value))
	}
	return lua.LString(shownText(e.Value))
}

func (s *State) pathValue(o *object, ds *dicom.Dataset, e *dicom.Element) lua.LValue {
	if e.Items != nil {
		return s.wrapArray(&array{parent: &object{ds: ds, life: o.life}, tag: e.Tag, life: o.life})
	}
	return firstValue(e)
}

// path follows "seq.n/seq/element", where the last part may be "*element".
func (s *State) path(o *object, ds *dicom.Dataset, path string) lua.LValue {
	for {
		if strings.HasPrefix(path, "*") {
			return s.anywhere(o, ds, path[1:])
		}
		t, rest, ok := cutTag(path)
		if !ok {
			return lua.LNil
		}
		e := ds.Get(t)
		if e == nil {
			return lua.LNil
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
		if !strings.HasPrefix(rest, "/") {
			return s.pathValue(o, ds, e)
		}
		if n < 0 || n >= len(e.Items) {
			return lua.LNil
		}
		ds, path = e.Items[n], rest[1:]
	}
}

// anywhere finds the first element of a tag at any level.
func (s *State) anywhere(o *object, ds *dicom.Dataset, key string) lua.LValue {
	t, ok := tagOf(key)
	if !ok {
		return lua.LNil
	}
	if e := ds.Get(t); e != nil {
		return s.pathValue(o, ds, e)
	}
	for i := range ds.Len() {
		for _, item := range ds.At(i).Items {
			if v := s.anywhere(o, item, key); v != lua.LNil {
				return v
			}
		}
	}
	return lua.LNil
}

// elsewhere reads "description)description": the second one in the stored object
// whose SOP instance UID is the first one.
func (s *State) elsewhere(o *object, ds *dicom.Dataset, key string) lua.LValue {
	first, second, ok := strings.Cut(key, ")")
	if !ok || second == "" || s.run == nil {
		return lua.LNil
	}
	uid, ok := toText(s.field(o, ds, first))
	if !ok || uid == "" {
		return lua.LNil
	}
	other, err := s.e.host.ReadObject(s.context(), ":"+uid)
	if err != nil {
		return lua.LNil
	}
	return s.field(&object{ds: other}, other, second)
}
