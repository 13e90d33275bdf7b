package dicom

import "fmt"

// Tag names an element: the group in the upper 16 bits, the element number in
// the lower (PS3.5 section 7.1).
type Tag uint32

// NewTag makes the tag (group,element).
func NewTag(group, element uint16) Tag { return Tag(group)<<16 | Tag(element) }

// Group is the group number.
func (t Tag) Group() uint16 { return uint16(t >> 16) }

// Element is the element number within the group.
func (t Tag) Element() uint16 { return uint16(t) }

// IsPrivate tells whether the group number is odd (PS3.5 section 7.8).
func (t Tag) IsPrivate() bool { return t>>16&1 == 1 }

// IsGroupLength tells whether the element number is 0000.
func (t Tag) IsGroupLength() bool { return t&0xffff == 0 }

// String is the tag as "gggg,eeee", hexadecimal in lower case.
func (t Tag) String() string { return fmt.Sprintf("%04x,%04x", t.Group(), t.Element()) }

// ParseTag reads "(gggg,eeee)", "gggg,eeee" or "ggggeeee", hexadecimal in any
// case, or a keyword of the dictionary in use.
func ParseTag(s string) (Tag, bool) {
	if t, ok := ParseTagNumber(s); ok {
		return t, true
	}
	if n := len(s); n == 11 && s[0] == '(' && s[n-1] == ')' {
		if t, ok := ParseTagNumber(s[1 : n-1]); ok {
			return t, true
		}
	}
	return CurrentDictionary().Tag(s)
}

// ParseTagNumber reads "gggg,eeee" or "ggggeeee", hexadecimal in any case, and
// nothing else.
func ParseTagNumber(s string) (Tag, bool) {
	if len(s) == 9 && s[4] == ',' {
		s = s[:4] + s[5:]
	}
	if len(s) != 8 {
		return 0, false
	}
	var t Tag
	for i := 0; i < 8; i++ {
		d := hexDigit(s[i])
		if d < 0 {
			return 0, false
		}
		t = t<<4 | Tag(d)
	}
	return t, true
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
