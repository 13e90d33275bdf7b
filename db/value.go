package db

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"conquest/dicom"
	"conquest/dicomini"
)

// columnText is the text of an element in a column, not yet cut to its width:
// "" when the element is absent or empty (docs/original/database.md 2.1).
func columnText(e *dicom.Element, c *column) string {
	if e == nil || len(e.Value) == 0 {
		return ""
	}
	switch c.typ {
	case dicomini.DTUInt16, dicomini.DTUInt32, dicomini.DTFL, dicomini.DTFD:
		if !e.VR.IsText() {
			return numberText(e.Value, c.typ)
		}
	}
	s := e.String()
	if c.date {
		s = dateText(s)
	}
	return s
}

// dateText drops the separators of dates before DICOM 3.0.
func dateText(s string) string {
	if !strings.ContainsAny(s, "./") {
		return s
	}
	return strings.NewReplacer(".", "", "/", "").Replace(s)
}

func numberText(v []byte, typ dicomini.DTType) string {
	switch {
	case typ == dicomini.DTUInt16 && len(v) >= 2:
		return strconv.FormatUint(uint64(binary.LittleEndian.Uint16(v)), 10)
	case typ == dicomini.DTUInt32 && len(v) >= 4:
		return strconv.FormatUint(uint64(binary.LittleEndian.Uint32(v)), 10)
	case typ == dicomini.DTUInt32 && len(v) >= 2:
		return strconv.FormatUint(uint64(binary.LittleEndian.Uint16(v)), 10)
	case typ == dicomini.DTFL && len(v) >= 4:
		return strconv.FormatFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(v))), 'g', 16, 64)
	case typ == dicomini.DTFD && len(v) >= 8:
		return strconv.FormatFloat(math.Float64frombits(binary.LittleEndian.Uint64(v)), 'g', 16, 64)
	}
	return ""
}

// cutText cuts s at width bytes and drops the blanks that then end it.
func cutText(s string, width int) (string, bool) {
	if width <= 0 || len(s) <= width {
		return s, false
	}
	return strings.TrimRight(s[:width], " "), true
}

// isNumber tells whether values are binary numbers in data sets.
func (c *column) isNumber() bool {
	switch c.typ {
	case dicomini.DTUInt16, dicomini.DTUInt32, dicomini.DTFL, dicomini.DTFD:
		return true
	}
	return false
}

// pad fills values up to an even length.
func (c *column) pad() byte {
	if c.typ == dicomini.DTUI {
		return 0
	}
	return ' '
}

// element is a value of the database as an element of an answer. A number that
// the database does not have is 0.
func (c *column) element(s string, fromUTF8 bool) dicom.Element {
	vr := dicom.CurrentDictionary().VR(c.tag)
	if s == "" && !c.isNumber() {
		return dicom.Element{Tag: c.tag, VR: vr}
	}
	switch c.typ {
	case dicomini.DTUInt16:
		return dicom.Element{Tag: c.tag, VR: dicom.US, Value: binary.LittleEndian.AppendUint16(nil, uint16(dicomini.Atoi(s)))}
	case dicomini.DTUInt32:
		n, _ := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
		return dicom.Element{Tag: c.tag, VR: dicom.UL, Value: binary.LittleEndian.AppendUint32(nil, uint32(n))}
	case dicomini.DTFL:
		f, _ := strconv.ParseFloat(strings.TrimSpace(s), 32)
		return dicom.Element{Tag: c.tag, VR: dicom.FL, Value: binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(f)))}
	case dicomini.DTFD:
		f, _ := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return dicom.Element{Tag: c.tag, VR: dicom.FD, Value: binary.LittleEndian.AppendUint64(nil, math.Float64bits(f))}
	case dicomini.DTUI:
		e := dicom.NewText(c.tag, dicom.UI, s)
		e.VR = vr
		return e
	}
	if fromUTF8 {
		s = latin1FromUTF8(s)
	}
	return dicom.NewText(c.tag, vr, s)
}

// latin1FromUTF8 turns two-byte characters up to U+00FF into one byte and other
// multi-byte characters into underscores.
func latin1FromUTF8(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i]&0xc0 != 0xc0 {
			b = append(b, s[i])
			i++
			continue
		}
		n := 1
		for i+n < len(s) && s[i+n]&0xc0 == 0x80 {
			n++
		}
		switch {
		case n == 2 && s[i] == 0xc2:
			b = append(b, 0x80+s[i+1]&0x3f)
		case n == 2 && s[i] == 0xc3:
			b = append(b, 0xc0+s[i+1]&0x3f)
		default:
			b = append(b, '_')
		}
		i += n
	}
	return string(b)
}

// utf8FromLatin1 encodes bytes as UTF-8 unless they are valid UTF-8 already.
func utf8FromLatin1(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	r := make([]rune, len(s))
	for i := 0; i < len(s); i++ {
		r[i] = rune(s[i])
	}
	return string(r)
}

// trimRune drops an incomplete UTF-8 character at the end of s, the rest of a
// cut in its middle.
func trimRune(s string) string {
	for n := 1; n <= 3 && n <= len(s); n++ {
		if tail := s[len(s)-n:]; utf8.RuneStart(tail[0]) {
			if tail[0] >= utf8.RuneSelf && !utf8.FullRuneInString(tail) && utf8.ValidString(s[:len(s)-n]) {
				return s[:len(s)-n]
			}
			return s
		}
	}
	return s
}

// Quote is s as a value in an SQL statement, quotes included.
func Quote(s string) string { return "'" + quoted(s) + "'" }

// quoted is s as it stands between the quotes of an SQL statement.
func quoted(s string) string { return strings.ReplaceAll(s, "'", "''") }
