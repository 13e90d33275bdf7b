package attribute

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"

	"conquest/dicom"
)

// What is shown in the place of values that have no text.
const (
	Sequence = "(sequence)"
	TooLong  = "(too long)"
)

// longest is the number of bytes of the longest value that is shown.
const longest = 255

// Text is the value of e: all numbers of the kinds that the dictionary calls
// binary, otherwise text. ok is false where the original finds none: no element,
// a value that begins with a NUL, a number that is not complete.
func Text(e *dicom.Element) (text string, ok bool) {
	switch {
	case e == nil:
		return "", false
	case e.Items != nil:
		return Sequence, true
	case e.Fragments != nil || e.Length() > longest:
		return TooLong, true
	}
	v, err := e.Bytes()
	if err != nil {
		return "", false
	}
	vr := dicom.CurrentDictionary().VR(e.Tag)
	size := NumberSize(vr)
	if size == 0 {
		s := beforeNUL(v)
		if n := len(s); n > 0 && s[n-1] == '\\' {
			return present(v, s[:n-1])
		}
		return present(v, trimBlanks(v, s))
	}
	if len(v) < size {
		return "", false
	}
	buf := make([]byte, 0, 32)
	for i := 0; i+size <= len(v); i += size {
		if i > 0 {
			buf = append(buf, '\\')
		}
		buf = AppendNumber(buf, vr, v[i:])
	}
	return string(buf), true
}

// First is the value of an element as paths through sequences show it: the first
// of several integers, other binary values as their bytes.
func First(e *dicom.Element) (text string, ok bool) {
	if e == nil {
		return "", false
	}
	if e.Fragments != nil || e.Length() > longest {
		return TooLong, true
	}
	v, err := e.Bytes()
	if err != nil {
		return "", false
	}
	switch vr := dicom.CurrentDictionary().VR(e.Tag); vr {
	case dicom.UL, dicom.US, dicom.SL, dicom.SS:
		if len(v) < NumberSize(vr) {
			return "", false
		}
		return string(AppendNumber(nil, vr, v)), true
	}
	return present(v, trimBlanks(v, beforeNUL(v)))
}

// Anywhere is the first value of t that is not empty, at any level, in order of
// tags. An empty one counts when no item of a sequence comes after it.
func Anywhere(d *dicom.Dataset, t dicom.Tag) (text string, ok bool) {
	for i := range d.Len() {
		e := d.At(i)
		if e.Tag == t && e.Items == nil && e.Fragments == nil {
			text, ok = First(e)
		}
		for _, item := range e.Items {
			if text, ok = Anywhere(item, t); text != "" {
				break
			}
		}
		if text != "" {
			return text, true
		}
	}
	return "", ok
}

// present is text of a value v; one that only begins with a NUL is as if it were
// not there.
func present(v, text []byte) (string, bool) { return string(text), len(text) > 0 || len(v) == 0 }

func beforeNUL(v []byte) []byte {
	if i := bytes.IndexByte(v, 0); i >= 0 {
		return v[:i]
	}
	return v
}

// trimBlanks removes blanks at the end of text, but for its first character, if
// it is all of the value v.
func trimBlanks(v, text []byte) []byte {
	if len(text) < len(v) {
		return text
	}
	for len(text) > 1 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	return text
}

// NumberSize is the number of bytes of the numbers that are shown of a VR, 0 for
// VRs that are text.
func NumberSize(vr dicom.VR) int {
	switch vr {
	case dicom.US, dicom.SS, dicom.OW:
		return 2
	case dicom.UL, dicom.SL, dicom.FL, dicom.OF:
		return 4
	case dicom.FD:
		return 8
	}
	return 0
}

// AppendNumber writes the number of a VR with [NumberSize] that v begins with. OW
// are signed, as ever.
func AppendNumber(b []byte, vr dicom.VR, v []byte) []byte {
	switch vr {
	case dicom.US:
		return strconv.AppendUint(b, uint64(binary.LittleEndian.Uint16(v)), 10)
	case dicom.SS, dicom.OW:
		return strconv.AppendInt(b, int64(int16(binary.LittleEndian.Uint16(v))), 10)
	case dicom.UL:
		return strconv.AppendUint(b, uint64(binary.LittleEndian.Uint32(v)), 10)
	case dicom.SL:
		return strconv.AppendInt(b, int64(int32(binary.LittleEndian.Uint32(v))), 10)
	case dicom.FL, dicom.OF:
		return appendFixed(b, float64(math.Float32frombits(binary.LittleEndian.Uint32(v))))
	}
	return appendFixed(b, math.Float64frombits(binary.LittleEndian.Uint64(v)))
}

// appendFixed is C's "%f".
func appendFixed(b []byte, f float64) []byte {
	switch sign := math.Signbit(f); {
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	case math.IsNaN(f) && sign:
		return append(b, "-nan"...)
	case math.IsNaN(f):
		return append(b, "nan"...)
	}
	return strconv.AppendFloat(b, f, 'f', 6, 64)
}
