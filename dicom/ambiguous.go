package dicom

import "encoding/binary"

// Implicit data sets do not tell which of several VRs an element has. The
// dictionary gives the first; what PS3.5 annex A and PS3.3 say decides here.

const waveformBitsAllocated Tag = 0x54001004

// ambiguity tells what decides the VR of an element.
type ambiguity byte

const (
	certain    ambiguity = iota
	bySign               // US or SS: Pixel Representation
	bySize               // US or OW: one number, or a table
	byWaveform           // OB or OW: bits of a waveform sample
)

func ambiguityOf(t Tag) ambiguity {
	switch t {
	case 0x00189810, 0x00221452, 0x00280071, 0x00280104, 0x00280105, 0x00280106, 0x00280107, 0x00280108, 0x00280109, 0x00280110,
		0x00280111, 0x00280120, 0x00280121, 0x00281100, 0x00281101, 0x00281102, 0x00281103, 0x00281111, 0x00281112, 0x00281113,
		0x00283002, 0x00409211, 0x00409216, 0x00603004, 0x00603006:
		return bySign
	case 0x00281200, 0x00283006:
		return bySize
	case 0x54000110, 0x54000112, 0x5400100a, 0x54001010:
		return byWaveform
	}
	return certain
}

// surroundings is what elements of the data set, or else of the next one around
// it that has them, say.
type surroundings struct {
	signed       bool   // Pixel Representation
	waveformBits uint16 // 0: not known
}

// resolve gives the elements of an implicit data set that may have several VRs
// the one that fits.
func (d *Dataset) resolve(s surroundings) {
	if v := d.Value(PixelRepresentation); len(v) >= 2 {
		s.signed = binary.LittleEndian.Uint16(v) == 1
	}
	if v := d.Value(waveformBitsAllocated); len(v) >= 2 {
		s.waveformBits = binary.LittleEndian.Uint16(v)
	}
	for i := range d.elems {
		e := &d.elems[i]
		switch e.VR {
		case SQ:
			for _, it := range e.Items {
				it.resolve(s)
			}
		case US:
			switch a := ambiguityOf(e.Tag); {
			case a == bySize && e.Length() > 2:
				e.VR = OW
			case a != certain && s.signed:
				e.VR = SS
			}
		case OB:
			if ambiguityOf(e.Tag) == byWaveform && s.waveformBits > 8 {
				e.VR = OW
			}
		}
	}
}
