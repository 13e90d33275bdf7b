package lua

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// strFormat is string.format with the rules of C's printf.
func strFormat(s *State, l *glua.LState) int {
	format := ArgText(l, 1)
	var b []byte
	arg := 1
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b = append(b, format[i])
			continue
		}
		i++
		if i < len(format) && format[i] == '%' {
			b = append(b, '%')
			continue
		}
		d, n := parseDirective(l, format[i:])
		i += n
		verb := byte(0)
		if i < len(format) {
			verb = format[i]
		}
		if arg++; arg > l.GetTop() {
			ArgError(l, arg, "no value")
		}
		b = appendDirective(l, b, d, verb, arg)
		s.Room(l, len(b))
	}
	return GiveText(l, string(b))
}

// directive is the part of a conversion before its letter.
type directive struct {
	flags            string
	width, precision int // precision -1: none
}

func parseDirective(l *glua.LState, s string) (directive, int) {
	n := 0
	for n < len(s) && strings.IndexByte("-+ #0", s[n]) >= 0 {
		n++
	}
	if n > 5 {
		l.RaiseError("invalid format (repeated flags)")
	}
	d := directive{flags: s[:n], precision: -1}
	digits := func() int {
		v := 0
		for i := 0; i < 2 && n < len(s) && isDigit(s[n]); i++ {
			v = v*10 + int(s[n]-'0')
			n++
		}
		return v
	}
	d.width = digits()
	if n < len(s) && s[n] == '.' {
		n++
		d.precision = digits()
	}
	if n < len(s) && isDigit(s[n]) {
		l.RaiseError("invalid format (width or precision too long)")
	}
	return d, n
}

func (d directive) has(flag byte) bool { return strings.IndexByte(d.flags, flag) >= 0 }

func appendDirective(l *glua.LState, b []byte, d directive, verb byte, arg int) []byte {
	switch verb {
	case 'c':
		text := string([]byte{byte(ArgInt(l, arg))})
		if text == "\x00" {
			text = ""
		}
		return d.pad(b, "", text, false)
	case 'd', 'i':
		return d.integer(b, int64(ArgInt(l, arg)), 10, false)
	case 'u', 'o', 'x', 'X':
		base := map[byte]int{'u': 10, 'o': 8, 'x': 16, 'X': 16}[verb]
		return d.unsigned(b, unsignedOf(ArgNumber(l, arg)), base, verb)
	case 'e', 'E', 'f', 'g', 'G':
		return d.float(b, ArgNumber(l, arg), verb)
	case 'q':
		return appendQuoted(b, ArgText(l, arg))
	case 's':
		text := ArgText(l, arg)
		if d.precision < 0 && len(text) >= 100 {
			return append(b, text...)
		}
		text, _, _ = strings.Cut(text, "\x00")
		if d.precision >= 0 && d.precision < len(text) {
			text = text[:d.precision]
		}
		return d.pad(b, "", text, false)
	}
	option := "%"
	if verb != 0 {
		option += string([]byte{verb})
	}
	l.RaiseError("invalid option '%s' to 'format'", option)
	return b
}

func unsignedOf(f float64) uint64 {
	if f < 0 || math.IsNaN(f) {
		return uint64(int64(ToInt(f)))
	}
	if f >= math.MaxUint64 {
		return 0
	}
	return uint64(f)
}

// pad appends sign or prefix and text in the width of d.
func (d directive) pad(b []byte, prefix, text string, zeros bool) []byte {
	fill := d.width - len(prefix) - len(text)
	switch {
	case fill <= 0:
		return append(append(b, prefix...), text...)
	case d.has('-'):
		b = append(append(b, prefix...), text...)
		return append(b, strings.Repeat(" ", fill)...)
	case zeros && d.has('0'):
		b = append(b, prefix...)
		b = append(b, strings.Repeat("0", fill)...)
		return append(b, text...)
	}
	b = append(b, strings.Repeat(" ", fill)...)
	return append(append(b, prefix...), text...)
}

func (d directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.has('+'):
		return "+"
	case d.has(' '):
		return " "
	}
	return ""
}

// digits applies the precision of integers: the least number of digits.
func (d directive) digits(text string) string {
	if d.precision == 0 && text == "0" {
		return ""
	}
	if n := d.precision - len(text); n > 0 {
		return strings.Repeat("0", n) + text
	}
	return text
}

func (d directive) integer(b []byte, n int64, base int, _ bool) []byte {
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	return d.pad(b, d.sign(n < 0), d.digits(strconv.FormatUint(u, base)), d.precision < 0)
}

func (d directive) unsigned(b []byte, u uint64, base int, verb byte) []byte {
	text := d.digits(strconv.FormatUint(u, base))
	prefix := ""
	if verb == 'X' {
		text = strings.ToUpper(text)
	}
	if d.has('#') && u != 0 {
		switch verb {
		case 'x', 'X':
			prefix = "0" + string([]byte{verb})
		case 'o':
			text = "0" + text
		}
	}
	return d.pad(b, prefix, text, d.precision < 0)
}

func (d directive) float(b []byte, f float64, verb byte) []byte {
	negative := math.Signbit(f)
	f = math.Abs(f)
	if math.IsInf(f, 0) || math.IsNaN(f) {
		text := strings.TrimPrefix(notFinite(f), "-")
		if verb == 'E' || verb == 'G' {
			text = strings.ToUpper(text)
		}
		return d.pad(b, d.sign(negative), text, false)
	}
	precision := d.precision
	if precision < 0 {
		precision = 6
	}
	var text string
	switch verb {
	case 'f', 'e', 'E':
		text = strconv.FormatFloat(f, verb, precision, 64)
	default:
		text = d.general(f, verb, max(precision, 1))
	}
	if d.has('#') && precision == 0 && !strings.Contains(text, ".") {
		text += "."
	}
	return d.pad(b, d.sign(negative), text, true)
}

func (d directive) general(f float64, verb byte, precision int) string {
	if d.has('#') {
		return fmt.Sprintf("%#."+strconv.Itoa(precision)+string([]byte{verb}), f)
	}
	return strconv.FormatFloat(f, verb, precision, 64)
}

// appendQuoted writes text so that Lua reads it back.
func appendQuoted(b []byte, text string) []byte {
	b = append(b, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\\', '\n':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, "\\r"...)
		case 0:
			b = append(b, "\\000"...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
