package luabind

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"conquest/attribute"
	"conquest/dicom"
	"conquest/lua"
)

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
	t, n, ok := attribute.ParseTarget(key)
	if !ok || n < len(key) {
		return
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	if v == glua.LNil {
		t.Remove(ds)
		return
	}
	wanted := t.Tag
	if t.Nested {
		wanted = t.Inner
	}
	t.Set(ds, oneNumber(attribute.VR(ds, wanted), text))
}

// oneNumber is what counts of the text for an element: of US and UL only the
// first number, as ever.
func oneNumber(vr dicom.VR, text string) string {
	if vr == dicom.US || vr == dicom.UL {
		text, _, _ = strings.Cut(text, `\`)
	}
	return text
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
