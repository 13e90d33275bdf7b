package scripting

import (
	"encoding/binary"
	"math"
	"strings"

	"conquest/dicom"
)

// Assign sets element t of d from text as statement set does: numbers of binary
// VRs separated by backslashes, anything else as text padded to even length. An
// empty text makes an empty element. The VR is that of the dictionary, or of the
// element that is there when that says more.
func Assign(d *dicom.Dataset, t dicom.Tag, text string) {
	vr := assignVR(d, t)
	if text == "" {
		d.Put(dicom.Element{Tag: t, VR: vr})
		return
	}
	if v, ok := encodeNumbers(vr, text); ok {
		d.Put(dicom.Element{Tag: t, VR: vr, Value: v})
		return
	}
	if vr.IsText() {
		d.Put(dicom.NewText(t, vr, text))
		return
	}
	v := []byte(text)
	if len(v)%2 == 1 {
		v = append(v, ' ')
	}
	d.Put(dicom.Element{Tag: t, VR: vr, Value: v})
}

func assignVR(d *dicom.Dataset, t dicom.Tag) dicom.VR {
	vr := dicom.CurrentDictionary().VR(t)
	e := d.Get(t)
	if e == nil || e.VR == 0 || e.VR == dicom.UN || e.VR == vr || e.IsSequence() {
		return vr
	}
	if vr == 0 || vr == dicom.UN || vr.WordSize() > 1 && e.VR.WordSize() == vr.WordSize() {
		return e.VR
	}
	return vr
}

// encodeNumbers is the value of a VR of binary numbers in little endian.
func encodeNumbers(vr dicom.VR, text string) (v []byte, ok bool) {
	switch vr {
	case dicom.US, dicom.SS, dicom.UL, dicom.SL, dicom.FL, dicom.FD, dicom.AT:
	default:
		return nil, false
	}
	for part := range strings.SplitSeq(text, `\`) {
		switch vr {
		case dicom.US, dicom.SS:
			v = binary.LittleEndian.AppendUint16(v, uint16(atoi(part)))
		case dicom.UL, dicom.SL:
			v = binary.LittleEndian.AppendUint32(v, uint32(atoi(part)))
		case dicom.FL:
			v = binary.LittleEndian.AppendUint32(v, math.Float32bits(float32(atof(part))))
		case dicom.FD:
			v = binary.LittleEndian.AppendUint64(v, math.Float64bits(atof(part)))
		case dicom.AT:
			t, ok := dicom.ParseTag(strings.TrimSpace(part))
			if !ok {
				return nil, false
			}
			v = binary.LittleEndian.AppendUint16(v, t.Group())
			v = binary.LittleEndian.AppendUint16(v, t.Element())
		}
	}
	return v, true
}
