package dicom

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// texts writes the Value of a text VR, nothing when all of it is blank.
func (j *jsonWriter) texts(e *Element, charset Charset) {
	if e.Tag == SpecificCharacterSet && e.VR == CS {
		j.raw(`,"Value":["ISO_IR 192"]`)
		return
	}
	s := modelText(e, charset)
	if s == "" {
		return
	}
	j.raw(`,"Value":[`)
	if e.VR.isOneText() {
		j.quoted(s)
	} else {
		for i := 0; ; i++ {
			part, rest, more := strings.Cut(s, `\`)
			if i > 0 {
				j.raw(",")
			}
			j.text(strings.Trim(part, " "), e.VR)
			if !more {
				break
			}
			s = rest
		}
	}
	j.raw("]")
}

// modelText is the value of a text VR in UTF-8; "" when there is nothing but
// padding.
func modelText(e *Element, charset Charset) string {
	s := e.String()
	if e.VR.isConverted() {
		s = charset.Decode([]byte(s))
	}
	s = strings.TrimRight(strings.ToValidUTF8(s, "\ufffd"), " ")
	if !e.VR.isOneText() {
		s = strings.TrimLeft(s, " ")
	}
	if e.VR == PN && strings.Trim(s, " =") == "" {
		return ""
	}
	return s
}

func (j *jsonWriter) text(s string, vr VR) {
	switch {
	case s == "" || vr == PN && strings.Trim(s, " =") == "":
		j.raw("null")
	case vr == PN:
		j.name(s)
	case vr == IS || vr == DS:
		j.decimal(s)
	default:
		j.quoted(s)
	}
}

// isConverted tells whether the character set of the data set counts for v
// (PS3.5 section 6.1.2.2).
func (v VR) isConverted() bool {
	switch v {
	case LO, LT, PN, SH, ST, UC, UT:
		return true
	}
	return false
}

// isOneText tells whether backslashes are part of the one value.
func (v VR) isOneText() bool { return v == LT || v == ST || v == UT || v == UR }

func (j *jsonWriter) name(s string) {
	j.raw("{")
	first := true
	for i, g := range strings.SplitN(s, "=", 3) {
		if g = strings.Trim(g, " "); g == "" {
			continue
		}
		if !first {
			j.raw(",")
		}
		first = false
		j.quoted(nameGroups[i])
		j.raw(":")
		j.quoted(g)
	}
	j.raw("}")
}

var nameGroups = [...]string{"Alphabetic", "Ideographic", "Phonetic"}

// numbers writes the Value of a VR of binary numbers.
func (j *jsonWriter) numbers(e *Element) {
	size := e.VR.WordSize()
	if e.VR == AT {
		size = 4
	}
	v := e.Value
	if len(v) < size {
		return
	}
	j.raw(`,"Value":[`)
	for first := true; len(v) >= size; v = v[size:] {
		if !first {
			j.raw(",")
		}
		first = false
		j.number(v, e.VR)
	}
	j.raw("]")
}

func (j *jsonWriter) number(v []byte, vr VR) {
	switch vr {
	case AT:
		j.raw(`"`)
		j.buf = appendHex(j.buf, uint32(NewTag(binary.LittleEndian.Uint16(v), binary.LittleEndian.Uint16(v[2:]))))
		j.raw(`"`)
	case FL:
		j.float(float64(math.Float32frombits(binary.LittleEndian.Uint32(v))), 32)
	case FD:
		j.float(math.Float64frombits(binary.LittleEndian.Uint64(v)), 64)
	case SV, UV:
		j.long(binary.LittleEndian.Uint64(v), vr)
	default:
		j.buf = strconv.AppendInt(j.buf, vr.integer(v), 10)
	}
}

// long writes a 64-bit number, as a string when readers that know only doubles
// would lose digits (PS3.18 section F.2.3).
func (j *jsonWriter) long(n uint64, vr VR) {
	const exact = 1 << 53
	magnitude := n
	if vr == SV && int64(n) < 0 {
		magnitude = -n
	}
	if magnitude > exact {
		j.raw(`"`)
		defer j.raw(`"`)
	}
	if vr == SV {
		j.buf = strconv.AppendInt(j.buf, int64(n), 10)
		return
	}
	j.buf = strconv.AppendUint(j.buf, n, 10)
}

const exactDigits = 15 // decimal digits that every double keeps

// decimal writes IS and DS as a number, as it stands when JSON knows the form.
func (j *jsonWriter) decimal(s string) {
	digits, ok := decimalDigits(s)
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case !ok || err != nil || digits > exactDigits:
		j.quoted(s)
	case isJSONNumber(s):
		j.raw(s)
	case f == math.Trunc(f) && math.Abs(f) < maxWhole: // IS with zeros or a sign before it stays a whole number
		j.buf = strconv.AppendInt(j.buf, int64(f), 10)
	default:
		j.float(f, 64)
	}
}

// maxWhole is above all whole numbers of exactDigits digits.
const maxWhole = 1e15

// decimalDigits counts the digits of a decimal number from the first one that is
// not 0 to its exponent; ok is false when s has other characters than numbers
// have.
func decimalDigits(s string) (n int, ok bool) {
	mantissa := true
	for i := range len(s) {
		switch c := s[i]; {
		case c == 'e' || c == 'E':
			mantissa = false
		case c >= '1' && c <= '9' || c == '0' && n > 0:
			if mantissa {
				n++
			}
		case c != '0' && c != '+' && c != '-' && c != '.':
			return n, false
		}
	}
	return n, true
}

func (j *jsonWriter) float(f float64, bits int) {
	switch {
	case math.IsNaN(f):
		j.raw(`"NaN"`)
	case math.IsInf(f, 1):
		j.raw(`"Infinity"`)
	case math.IsInf(f, -1):
		j.raw(`"-Infinity"`)
	default:
		j.buf = strconv.AppendFloat(j.buf, f, 'g', -1, bits)
	}
}

// isJSONNumber tells whether s has the form of RFC 8259 section 6.
func isJSONNumber(s string) bool {
	digits := func() int {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n
	}
	s = strings.TrimPrefix(s, "-")
	zero := strings.HasPrefix(s, "0")
	if n := digits(); n == 0 || zero && n > 1 {
		return false
	}
	if strings.HasPrefix(s, ".") {
		if s = s[1:]; digits() == 0 {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return s == ""
}

// quoted writes s, valid UTF-8, as a JSON string.
func (j *jsonWriter) quoted(s string) {
	const hex = "0123456789abcdef"
	j.buf = append(j.buf, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		j.buf = append(j.buf, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			j.buf = append(j.buf, '\\', c)
		case '\n':
			j.raw(`\n`)
		case '\r':
			j.raw(`\r`)
		case '\t':
			j.raw(`\t`)
		default:
			j.buf = append(j.buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	j.buf = append(append(j.buf, s[from:]...), '"')
}
