package dicom

// VR is a value representation: its two letters, the first in the upper byte
// (PS3.5 section 6.2). Zero means unknown.
type VR uint16

// The value representations of PS3.5.
const (
	AE VR = 'A'<<8 | 'E'
	AS VR = 'A'<<8 | 'S'
	AT VR = 'A'<<8 | 'T'
	CS VR = 'C'<<8 | 'S'
	DA VR = 'D'<<8 | 'A'
	DS VR = 'D'<<8 | 'S'
	DT VR = 'D'<<8 | 'T'
	FD VR = 'F'<<8 | 'D'
	FL VR = 'F'<<8 | 'L'
	IS VR = 'I'<<8 | 'S'
	LO VR = 'L'<<8 | 'O'
	LT VR = 'L'<<8 | 'T'
	OB VR = 'O'<<8 | 'B'
	OD VR = 'O'<<8 | 'D'
	OF VR = 'O'<<8 | 'F'
	OL VR = 'O'<<8 | 'L'
	OV VR = 'O'<<8 | 'V'
	OW VR = 'O'<<8 | 'W'
	PN VR = 'P'<<8 | 'N'
	SH VR = 'S'<<8 | 'H'
	SL VR = 'S'<<8 | 'L'
	SQ VR = 'S'<<8 | 'Q'
	SS VR = 'S'<<8 | 'S'
	ST VR = 'S'<<8 | 'T'
	SV VR = 'S'<<8 | 'V'
	TM VR = 'T'<<8 | 'M'
	UC VR = 'U'<<8 | 'C'
	UI VR = 'U'<<8 | 'I'
	UL VR = 'U'<<8 | 'L'
	UN VR = 'U'<<8 | 'N'
	UR VR = 'U'<<8 | 'R'
	US VR = 'U'<<8 | 'S'
	UT VR = 'U'<<8 | 'T'
	UV VR = 'U'<<8 | 'V'
)

// ParseVR reads the two letters of a VR; 0 when s has another length.
func ParseVR(s string) VR {
	if len(s) != 2 {
		return 0
	}
	return VR(s[0])<<8 | VR(s[1])
}

// String is the two letters.
func (v VR) String() string {
	if v == 0 {
		return "??"
	}
	return string([]byte{byte(v >> 8), byte(v)})
}

// HasLongLength tells whether explicit encodings give v a 32-bit length field
// after two reserved bytes (PS3.5 section 7.1.2). VRs outside the standard
// count as long, as the standard demands of future ones.
func (v VR) HasLongLength() bool {
	switch v {
	case AE, AS, AT, CS, DA, DS, DT, FD, FL, IS, LO, LT, PN, SH, SL, SS, ST, TM, UI, UL, US:
		return false
	}
	return true
}

// IsText tells whether values are character strings, UIDs included.
func (v VR) IsText() bool {
	switch v {
	case AE, AS, CS, DA, DS, DT, IS, LO, LT, PN, SH, ST, TM, UC, UI, UR, UT:
		return true
	}
	return false
}

// WordSize is the number of bytes of one binary value that change place with
// the byte order: 1 for text and bytes, 2, 4 or 8 for numbers. Attribute tags
// are pairs of 2.
func (v VR) WordSize() int {
	switch v {
	case US, SS, OW, AT:
		return 2
	case UL, SL, FL, OF, OL:
		return 4
	case FD, OD, OV, SV, UV:
		return 8
	}
	return 1
}

// Pad is the byte that fills a value of odd length up: NUL for UIDs and binary
// values, a blank for other text (PS3.5 section 6.2).
func (v VR) Pad() byte {
	if v == UI || !v.IsText() {
		return 0
	}
	return ' '
}

// known tells whether v is one of the standard.
func (v VR) known() bool {
	switch v {
	case OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV:
		return true
	}
	return !v.HasLongLength()
}
