package attribute

import "conquest/dicom"

// tagLength is the length of "gggg,eeee".
const tagLength = 9

// CutTag reads "gggg,eeee" or a keyword of the dictionary at the beginning of s
// and tells how much of s it is. Digits stand at fixed columns; a bad one ends
// its number. The longest run of letters and digits is taken for a keyword, with
// its capitals.
func CutTag(s string) (t dicom.Tag, n int, ok bool) {
	if isHex(at(s, 0)) && at(s, 4) == ',' {
		return Columns(s), min(tagLength, len(s)), true
	}
	if !isAlpha(at(s, 0)) {
		return 0, 0, false
	}
	for isAlpha(at(s, n)) || isDigit(at(s, n)) {
		n++
	}
	if t, ok = dicom.CurrentDictionary().Tag(s[:n]); !ok {
		return 0, 0, false
	}
	return t, n, true
}

// Columns reads "gggg,eeee" at fixed columns, without a look at the comma.
func Columns(s string) dicom.Tag { return dicom.NewTag(hexColumns(s, 0), hexColumns(s, 5)) }

func hexColumns(s string, i int) uint16 {
	var n uint16
	for k := i; k < i+4 && isHex(at(s, k)); k++ {
		if c := s[k]; isDigit(c) {
			n = n<<4 | uint16(c-'0')
		} else {
			n = n<<4 | uint16(c|0x20-'a'+10)
		}
	}
	return n
}
