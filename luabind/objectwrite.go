package luabind

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/dicom"
	"conquest/lua"
)

// place is what a key of an assignment names: an element, or one of an item.
type place struct {
	tag    dicom.Tag
	item   int // -1: a new one
	inner  dicom.Tag
	nested bool
}

// parsePlace reads "Seq.n/Item", "gggg,eeee.*/gggg,eeee" or a single element. It
// has to be all of the key.
func parsePlace(key string) (p place, ok bool) {
	t, rest, ok := cutTag(key)
	if !ok {
		return p, false
	}
	p.tag = t
	if strings.HasPrefix(rest, ".") {
		if rest = rest[1:]; strings.HasPrefix(rest, "*") {
			p.item, rest = -1, rest[1:]
		} else {
			i := 0
			for i < len(rest) && isDigit(rest[i]) {
				i++
			}
			p.item, _ = strconv.Atoi(rest[:i]) // empty is 0
			rest = rest[i:]
		}
	}
	if strings.HasPrefix(rest, "/") {
		if p.inner, rest, ok = cutTag(rest[1:]); !ok {
			return p, false
		}
		p.nested = true
	}
	return p, rest == ""
}

// assign is object.key = v (docs/original/lua.md 3.2). Keys that name no element are
// ignored.
func (s *State) assign(l *glua.LState, ds *dicom.Dataset, key string, v glua.LValue) {
	text, isText := lua.ToText(v)
	switch v.Type() {
	case glua.LTNil, glua.LTTable:
	default:
		if !isText {
			l.RaiseError("bad value for '%s' (string, number, table or nil expected, got %s)", key, v.Type())
		}
	}
	p, ok := parsePlace(key)
	if !ok {
		return
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	switch {
	case v == glua.LNil:
		removePlace(ds, p)
	case p.nested:
		setItem(ds, p, text)
	default:
		setElement(ds, p.tag, text)
	}
}

func removePlace(ds *dicom.Dataset, p place) {
	if !p.nested {
		ds.Delete(p.tag)
		return
	}
	if items := ds.Items(p.tag); p.item >= 0 && p.item < len(items) {
		items[p.item].Delete(p.inner)
	}
}

// setElement sets an element from text. A sequence is made empty by "", other
// text leaves one that is there alone.
func setElement(ds *dicom.Dataset, t dicom.Tag, text string) {
	e := ds.Get(t)
	sequence := e != nil && e.IsSequence() || e == nil && dicom.CurrentDictionary().VR(t) == dicom.SQ
	switch {
	case !sequence:
		ds.Put(textElement(ds, t, text))
	case e == nil || text == "":
		ds.SetItems(t)
	}
}

func setItem(ds *dicom.Dataset, p place, text string) {
	e := ds.Get(p.tag)
	if e != nil && !e.IsSequence() && !e.IsEmpty() {
		setElement(ds, p.tag, text)
		return
	}
	items := ds.Items(p.tag)
	if p.item < 0 || p.item >= len(items) {
		items = append(items[:len(items):len(items)], &dicom.Dataset{})
		ds.SetItems(p.tag, items...)
		p.item = len(items) - 1
	}
	setElement(items[p.item], p.inner, text)
}

// textElement makes an element of text by the VR of the dictionary, or of the
// element that is there when that says more.
func textElement(ds *dicom.Dataset, t dicom.Tag, text string) dicom.Element {
	vr := writtenVR(ds, t)
	if text == "" {
		return dicom.Element{Tag: t, VR: vr}
	}
	if v, ok := encodeNumbers(vr, text); ok {
		return dicom.Element{Tag: t, VR: vr, Value: v}
	}
	return paddedElement(t, vr, text)
}

func paddedElement(t dicom.Tag, vr dicom.VR, text string) dicom.Element {
	v := make([]byte, len(text), len(text)+1)
	copy(v, text)
	if len(v)%2 == 1 {
		pad := byte(' ')
		if vr == dicom.UI {
			pad = 0
		}
		v = append(v, pad)
	}
	return dicom.Element{Tag: t, VR: vr, Value: v}
}

func writtenVR(ds *dicom.Dataset, t dicom.Tag) dicom.VR {
	vr := dicom.CurrentDictionary().VR(t)
	if e := ds.Get(t); (vr == 0 || vr == dicom.UN) && e != nil && e.VR != 0 && !e.IsSequence() {
		return e.VR
	}
	return vr
}

// encodeNumbers is the value of a VR of binary numbers. Of US and UL only the
// first number counts, as ever.
func encodeNumbers(vr dicom.VR, text string) (v []byte, ok bool) {
	switch vr {
	case dicom.US:
		return binary.LittleEndian.AppendUint16(nil, uint16(leadingInt(text))), true
	case dicom.UL:
		return binary.LittleEndian.AppendUint32(nil, uint32(leadingInt(text))), true
	case dicom.SS, dicom.OW, dicom.SL, dicom.FL, dicom.OF, dicom.FD, dicom.AT:
	default:
		return nil, false
	}
	for part := range strings.SplitSeq(text, `\`) {
		if vr == dicom.AT {
			t, ok := dicom.ParseTag(strings.TrimSpace(part))
			if !ok {
				return nil, false
			}
			v = binary.LittleEndian.AppendUint16(v, t.Group())
			v = binary.LittleEndian.AppendUint16(v, t.Element())
			continue
		}
		f, ok := lua.ParseNumber(part)
		if !ok {
			f = float64(leadingInt(part))
		}
		v = appendNumberAs(v, vr, f)
	}
	return v, true
}

// leadingInt is the number a text begins with, 0 for none: C's atoi.
func leadingInt(text string) int64 {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	end := 0
	if end < len(text) && (text[0] == '-' || text[0] == '+') {
		end++
	}
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	n, _ := strconv.ParseInt(text[:end], 10, 64) // 0, or the end of the range
	return n
}

// appendNumberAs appends f in the binary form of vr; other VRs get a byte.
func appendNumberAs(b []byte, vr dicom.VR, f float64) []byte {
	switch vr {
	case dicom.FL, dicom.OF:
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(f)))
	case dicom.FD:
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
	}
	n := int64(lua.ToInt(f))
	switch vr {
	case dicom.US, dicom.SS, dicom.OW:
		return binary.LittleEndian.AppendUint16(b, uint16(n))
	case dicom.UL, dicom.SL:
		return binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return append(b, byte(n))
}
