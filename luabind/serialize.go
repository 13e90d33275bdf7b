package luabind

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/lua"
)

// serializer writes objects as Lua, JSON or DICOMweb JSON text (docs/original/lua.md 4).
type serializer struct {
	b            []byte
	json, pixels bool
	web          bool
	skipped      int  // elements without name, of the object or array in work
	bare         bool // the value just written is followed by no brace
	dict         *dicom.Dictionary
	room         func(bytes int) // raises the error of memory
}

// fnSerialize is Serialize([json [, pixeldata [, dicomweb]]]): only true counts.
func fnSerialize(s *State, l *glua.LState) int {
	z := serializer{json: l.Get(2) == glua.LTrue, pixels: l.Get(3) == glua.LTrue, web: l.Get(4) == glua.LTrue,
		dict: dicom.CurrentDictionary(), room: func(n int) { s.vm.Room(l, n) }}
	if a := toArray(l.Get(1)); a != nil {
		z.items(a.list())
		return lua.GiveText(l, string(z.b))
	}
	o := toObject(l.Get(1))
	if o == nil || o.data() == nil {
		return 0
	}
	frame := z.json && z.web
	if frame {
		z.b = append(z.b, '[')
	}
	z.object(o.data())
	switch {
	case frame:
		z.b = append(z.b, ']')
	case z.web:
		z.b = append(z.b, '}') // of the frame, without its beginning
	}
	z.tellSkipped(z.skipped)
	return lua.GiveText(l, string(z.b))
}

func (z *serializer) pick(script, json string) {
	if z.json {
		script = json
	}
	z.b = append(z.b, script...)
}

// tellSkipped is the comment behind an object or array that had elements without
// name.
func (z *serializer) tellSkipped(n int) {
	if n > 0 && !z.json {
		z.b = fmt.Appendf(z.b, " --[[skipped %d UN elements]] ", n)
	}
}

func (z *serializer) items(items []*dicom.Dataset) {
	outer := z.skipped
	z.skipped = 0
	z.pick("{", "[")
	for i, item := range items {
		if i > 0 {
			z.b = append(z.b, ',')
		}
		z.object(item)
	}
	z.pick("}", "]")
	z.tellSkipped(z.skipped)
	z.skipped = outer
}

func (z *serializer) object(ds *dicom.Dataset) {
	z.b = append(z.b, '{')
	start, group := len(z.b), -1
	for e := range ds.All() {
		if g := int(e.Tag.Group()); g != group {
			group = g
			// Every group of the original has a length element.
			if z.dict.Keyword(dicom.NewTag(uint16(g), 0)) == "" {
				z.skipped++
			}
		}
		if e.Tag.IsGroupLength() {
			continue
		}
		name := z.dict.Keyword(e.Tag)
		if name == "" {
			z.skipped++
			continue
		}
		before := len(z.b)
		z.room(before)
		if before > start {
			z.b = append(z.b, ',')
		}
		if !z.element(e, name) {
			z.b = z.b[:before]
		}
	}
	z.b = append(z.b, '}')
}

// element writes name and value, false when it is to be left out.
func (z *serializer) element(e *dicom.Element, name string) bool {
	vr := scriptVR(e)
	switch {
	case z.json && z.web:
		z.b = fmt.Appendf(z.b, `"%04X%04X": { "vr": "%s", "Value":`, e.Tag.Group(), e.Tag.Element(), vr)
	case z.json:
		z.b = append(append(append(z.b, '"'), name...), '"', ':')
	default:
		z.b = append(append(z.b, name...), '=')
	}
	if !z.value(e, vr) {
		return false
	}
	if z.web && !z.bare {
		z.b = append(z.b, '}')
	}
	z.bare = false
	return true
}

func (z *serializer) value(e *dicom.Element, vr dicom.VR) bool {
	switch vr {
	case dicom.SQ:
		if e.Items == nil {
			return false
		}
		z.items(e.Items)
		return true
	case dicom.OB, dicom.OW, dicom.OF:
		if e.Length() > 0 && !isList(e) {
			return z.bulk(e, vr)
		}
	}
	var v []byte // empty for items that do not belong there, and for fragments
	if !isList(e) {
		var err error
		if v, err = e.Bytes(); err != nil {
			return false
		}
	}
	switch vr {
	case dicom.US, dicom.UL, dicom.SS, dicom.SL, dicom.FL, dicom.FD:
		n := len(v) / max(attribute.NumberSize(vr), 1)
		if n == 0 && !z.web {
			return false
		}
		z.numbers(v, vr, z.web || len(v) > max(attribute.NumberSize(vr), 1))
		return true
	}
	text := trimPad(v, vr)
	if !z.web {
		z.quote(text)
		return true
	}
	z.pick("{", "[")
	switch {
	case vr == dicom.DS && len(text) > 0:
		z.decimals(text)
	case vr == dicom.IS && len(text) > 0:
		plain, _, _ := strings.Cut(string(text), "\x00")
		for i, part := range strings.Split(plain, `\`) {
			if i > 0 {
				z.b = append(z.b, ',')
			}
			z.b = strconv.AppendInt(z.b, int64(int32(leadingInt(part))), 10)
		}
	case vr == dicom.AT && len(v) == 4:
		z.b = fmt.Appendf(z.b, `"%04X%04X"`, binary.LittleEndian.Uint16(v), binary.LittleEndian.Uint16(v[2:]))
	default:
		z.quote(text)
	}
	z.pick("}", "]")
	return true
}

// trimPad removes the one pad byte that the original removes.
func trimPad(v []byte, vr dicom.VR) []byte {
	n := len(v)
	if n == 0 {
		return v
	}
	switch vr {
	case dicom.UI:
		if v[n-1] == 0 {
			return v[:n-1]
		}
	case dicom.LO, dicom.CS, dicom.SH, dicom.TM, dicom.DA, dicom.PN, dicom.LT, dicom.UT, dicom.ST:
		if v[n-1] == ' ' {
			return v[:n-1]
		}
	}
	return v
}

// bulk writes bytes and words, if they are asked for.
func (z *serializer) bulk(e *dicom.Element, vr dicom.VR) bool {
	v, err := e.Bytes()
	wanted := z.pixels && err == nil && (vr != dicom.OB || z.json)
	if wanted {
		z.numbers(v, vr, true)
		return true
	}
	if z.json || vr == dicom.OB && !z.pixels {
		return false
	}
	z.bare = true
	z.b = fmt.Appendf(z.b, "nil --[[%s not serialized]]", vr)
	return true
}

// roomStep is after how many bytes of a value the room is looked at.
const roomStep = 1 << 20

func (z *serializer) numbers(v []byte, vr dicom.VR, list bool) {
	if list {
		z.pick("{", "[")
	}
	size := max(attribute.NumberSize(vr), 1)
	z.room(len(z.b) + len(v)/size*2)
	for i := 0; i+size <= len(v); i += size {
		if i%roomStep == 0 {
			z.room(len(z.b))
		}
		if i > 0 {
			z.b = append(z.b, ',')
		}
		if size == 1 {
			z.b = strconv.AppendUint(z.b, uint64(v[i]), 10)
		} else {
			z.b = attribute.AppendNumber(z.b, vr, v[i:])
		}
	}
	if list {
		z.pick("}", "]")
	}
}

// decimals copies the numbers of a DS, without a plus sign before them.
func (z *serializer) decimals(text []byte) {
	plain, _, _ := strings.Cut(string(text), "\x00")
	for i, part := range strings.Split(plain, `\`) {
		if i > 0 {
			z.b = append(z.b, ',')
		}
		z.b = append(z.b, strings.TrimPrefix(part, "+")...)
	}
}

func (z *serializer) quote(text []byte) {
	z.b = append(z.b, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\' || c == '/' && z.json:
			z.b = append(z.b, '\\', c)
		case c >= ' ' && c != 127:
			z.b = append(z.b, c)
		case strings.IndexByte("\b\t\n\f\r", c) >= 0:
			z.b = append(z.b, '\\', "btn_fr"[c-'\b'])
		case c == 127:
			z.b = append(z.b, c)
		case z.json:
			z.b = fmt.Appendf(z.b, `\u%04x`, c)
		default:
			z.b = fmt.Appendf(z.b, `\%03d`, c)
		}
	}
	z.b = append(z.b, '"')
}
