package luabind

import (
	"encoding/binary"
	"math"

	glua "github.com/yuin/gopher-lua"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/lua"
)

// vrArguments are object, tag and the place of the next argument of GetVR and
// SetVR. Without an object they do nothing.
func (s *State) vrArguments(l *glua.LState) (o *object, t dicom.Tag, ok bool) {
	o = toObject(l.Get(1))
	if o == nil || o.data() == nil || l.GetTop() < 3 {
		return nil, 0, false
	}
	group, okG := lua.ToNumber(l.Get(2))
	element, okE := lua.ToNumber(l.Get(3))
	if !okG || !okE {
		return nil, 0, false
	}
	return o, dicom.NewTag(uint16(lua.ToInt(group)), uint16(lua.ToInt(element))), true
}

// fnGetVR gives the numbers of an element, its bytes, or a sequence.
func fnGetVR(s *State, l *glua.LState) int {
	o, t, ok := s.vrArguments(l)
	if !ok {
		return 0
	}
	e := o.data().Get(t)
	if e == nil || t.IsGroupLength() {
		return 0
	}
	binaryForm := glua.LVAsBool(l.Get(4))
	if isList(e) {
		l.Push(s.list(o, o.data(), e))
		return 1
	}
	v, err := elementBytes(e)
	if err != nil {
		l.RaiseError("GetVR(%s): %s", t, err.Error())
	}
	if binaryForm {
		return lua.GiveText(l, string(v))
	}
	vr := scriptVR(e)
	s.vm.Room(l, len(v)/max(attribute.NumberSize(vr), 1)*numberRoom)
	l.Push(numbersOf(l, vr, v))
	return 1
}

// numberRoom is what a number takes in a table.
const numberRoom = 24

// elementBytes are the bytes of a plain element; of encapsulated pixel data those
// of all fragments.
func elementBytes(e *dicom.Element) ([]byte, error) {
	if e.Fragments == nil {
		return e.Bytes()
	}
	var b []byte
	for i := range e.Fragments.Len() {
		part, err := e.Fragments.Fragment(i)
		if err != nil {
			return nil, err
		}
		b = append(b, part...)
	}
	return b, nil
}

// numbersOf is a table of the numbers of a value; of VRs without numbers those of
// its bytes.
func numbersOf(l *glua.LState, vr dicom.VR, v []byte) *glua.LTable {
	size := max(attribute.NumberSize(vr), 1)
	t := l.CreateTable(len(v)/size, 0)
	for ; len(v) >= size; v = v[size:] {
		t.Append(glua.LNumber(numberAt(vr, v)))
	}
	return t
}

func numberAt(vr dicom.VR, v []byte) float64 {
	switch vr {
	case dicom.US:
		return float64(binary.LittleEndian.Uint16(v))
	case dicom.SS, dicom.OW:
		return float64(int16(binary.LittleEndian.Uint16(v)))
	case dicom.UL:
		return float64(binary.LittleEndian.Uint32(v))
	case dicom.SL:
		return float64(int32(binary.LittleEndian.Uint32(v)))
	case dicom.FL, dicom.OF:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v)))
	case dicom.FD:
		return math.Float64frombits(binary.LittleEndian.Uint64(v))
	}
	return float64(v[0])
}

// fnSetVR sets an element from a table of numbers, bytes, a sequence, or JSON text
// of one.
func fnSetVR(s *State, l *glua.LState) int {
	o, t, ok := s.vrArguments(l)
	if !ok {
		return 0
	}
	ds := o.data()
	s.access(l, ds, t.String(), l.Get(4), true)
	vr := attribute.VR(ds, t)
	switch v := l.Get(4).(type) {
	case *glua.LTable:
		ds.Put(dicom.Element{Tag: t, VR: vr, Value: bytesOf(l, vr, v)})
	case *glua.LUserData:
		if a, ok := v.Value.(*array); ok {
			s.share()
			items := make([]*dicom.Dataset, 0, len(a.list()))
			for _, item := range a.list() {
				items = append(items, item.Clone())
			}
			ds.SetItems(t, items...)
		}
	case glua.LString, glua.LNumber:
		text, _ := lua.ToText(v)
		switch {
		case vr == dicom.SQ && isArray(text):
			ds.SetItems(t, itemsFromJSON(text)...)
		case vr != dicom.SQ && text != "":
			ds.Put(attribute.Padded(t, vr, text))
		case !ds.Has(t):
			ds.Put(dicom.Element{Tag: t, VR: vr})
		}
	}
	return 0
}

// bytesOf is the value of a table of numbers, padded to even length.
func bytesOf(l *glua.LState, vr dicom.VR, t *glua.LTable) []byte {
	n := t.Len()
	b := make([]byte, 0, n*max(attribute.NumberSize(vr), 1)+1)
	for i := 1; i <= n; i++ {
		f, _ := lua.ToNumber(lua.RawAt(t, i))
		b = appendNumberAs(b, vr, f)
	}
	if len(b)%2 == 1 {
		b = append(b, vr.Pad())
	}
	return b
}
