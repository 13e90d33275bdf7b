package luabind

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// formatNumber writes f as Lua 5.1 does: "%.14g".
func formatNumber(f float64) string { return string(appendNumber(nil, f)) }

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

// parseNumber reads what C's strtod does, blanks around it allowed.
func parseNumber(s string) (float64, bool) {
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

// toNumber is v as a number: itself, or a string that is one.
func toNumber(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// toText is v as a string: itself, or a number in decimal.
func toText(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return formatNumber(float64(v)), true
	}
	return "", false
}

func isText(v lua.LValue) bool { return v.Type() == lua.LTString || v.Type() == lua.LTNumber }

// toInt is f as C converts it on the processors that the original runs on: what
// does not fit becomes the smallest number.
func toInt(f float64) int {
	if math.IsNaN(f) || f >= math.MaxInt64 || f <= math.MinInt64 {
		return math.MinInt
	}
	return int(f)
}
