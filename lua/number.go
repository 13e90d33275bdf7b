package lua

import (
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// FormatNumber writes f as Lua 5.1 does: "%.14g".
func FormatNumber(f float64) string { return string(appendNumber(nil, f)) }

func appendNumber(b []byte, f float64) []byte {
	const exact = 1e14 // from here on %.14g has an exponent
	if i := int64(f); f > -exact && f < exact && float64(i) == f && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, i, 10)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, notFinite(f)...)
	}
	return strconv.AppendFloat(b, f, 'g', 14, 64)
}

func notFinite(f float64) string {
	s := "inf"
	if math.IsNaN(f) {
		s = "nan"
	}
	if math.Signbit(f) {
		s = "-" + s
	}
	return s
}

const spaces = " \t\n\v\f\r"

// ParseNumber reads what C's strtod does, blanks around it allowed.
func ParseNumber(s string) (float64, bool) {
	s = strings.Trim(s, spaces)
	if s == "" || len(s) > 400 || strings.IndexByte(s, '_') >= 0 {
		return 0, false
	}
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0, false
	}
	if len(digits) > 1 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') {
		if !strings.ContainsAny(digits, "pP") {
			s += "p0"
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		if ne, ok := err.(*strconv.NumError); !ok || ne.Err != strconv.ErrRange {
			return 0, false
		}
	}
	return f, true
}

// ToNumber is v as a number: itself, or a string that is one.
func ToNumber(v glua.LValue) (float64, bool) {
	switch v := v.(type) {
	case glua.LNumber:
		return float64(v), true
	case glua.LString:
		return ParseNumber(string(v))
	}
	return 0, false
}

// ToText is v as a string: itself, or a number in decimal.
func ToText(v glua.LValue) (string, bool) {
	switch v := v.(type) {
	case glua.LString:
		return string(v), true
	case glua.LNumber:
		return FormatNumber(float64(v)), true
	}
	return "", false
}

func IsText(v glua.LValue) bool { return v.Type() == glua.LTString || v.Type() == glua.LTNumber }

// ToInt is f as C converts it on the processors that the original runs on: what
// does not fit becomes the smallest number.
func ToInt(f float64) int {
	if math.IsNaN(f) || f >= math.MaxInt64 || f <= math.MinInt64 {
		return math.MinInt
	}
	return int(f)
}
