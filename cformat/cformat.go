// Package cformat formats text as printf of C does: server commands take such
// formats from their callers (docs/original/commands.md 2). A format comes from outside,
// so nothing in it fails, and what it may make is bounded. It is not fmt: there
// are no verbs of Go, and values are strings and ints only.
package cformat

import (
	"strconv"
	"strings"
)

// Sprintf formats like C's printf with values that are string, int or float64. A
// conversion without a value, or whose value is of the other kind, prints what
// it can and never fails; %n does nothing. Backslashes are not interpreted
// (docs/original/commands.md 2).
func Sprintf(format string, values ...any) string {
	var b strings.Builder
	next := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		c, n := parseConversion(format[i+1:])
		if n == 0 {
			b.WriteString(format[i:])
			break
		}
		i += n
		if c.verb == '%' {
			b.WriteByte('%')
			continue
		}
		take := func() any {
			if next >= len(values) {
				return nil
			}
			next++
			return values[next-1]
		}
		if c.starWidth {
			c.setWidth(number0(take()))
		}
		if c.starPrecision {
			c.precision = number0(take())
		}
		b.WriteString(c.print(take()))
		if b.Len() > maxFormatted {
			break
		}
	}
	return b.String()
}

// Conversions are the places [from,to) of the items of a format that take a value.
func Conversions(format string) (places [][2]int) {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		c, n := parseConversion(format[i+1:])
		if n == 0 {
			break
		}
		if c.verb != '%' {
			places = append(places, [2]int{i, i + 1 + n})
		}
		i += n
	}
	return places
}

// Bounds of formatted text: of one conversion and of an answer.
const (
	maxWidth     = 4096
	maxFormatted = 1 << 20
)

// conversion is one % item of a format.
type conversion struct {
	left, zero, plus, space, alternate bool
	width                              int
	precision                          int // -1 when not given
	starWidth, starPrecision           bool
	verb                               byte
}

// parseConversion reads the item behind a %; n is its length, 0 when the text
// ends inside it.
func parseConversion(s string) (c conversion, n int) {
	c.precision = -1
	i := 0
flags:
	for ; i < len(s); i++ {
		switch s[i] {
		case '-':
			c.left = true
		case '0':
			c.zero = true
		case '+':
			c.plus = true
		case ' ':
			c.space = true
		case '#':
			c.alternate = true
		case '\'':
		default:
			break flags
		}
	}
	i += parseSize(s[i:], &c.width, &c.starWidth)
	if i < len(s) && s[i] == '.' {
		i++
		c.precision = 0
		i += parseSize(s[i:], &c.precision, &c.starPrecision)
	}
	for i < len(s) && strings.IndexByte("hlLqjzt", s[i]) >= 0 {
		i++
	}
	if i >= len(s) {
		return c, 0
	}
	c.verb = s[i]
	return c, i + 1
}

// parseSize reads a width or precision, or the star in its place.
func parseSize(s string, to *int, star *bool) int {
	if strings.HasPrefix(s, "*") {
		*star = true
		return 1
	}
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		*to = min(*to*10+int(s[i]-'0'), maxWidth)
		i++
	}
	return i
}

func (c *conversion) setWidth(n int) {
	if n < 0 {
		c.left, n = true, -n
	}
	c.width = min(n, maxWidth)
}

func number0(v any) int {
	switch v := v.(type) {
	case int:
		return v
	case float64:
		return int(int32(int64(v)))
	case string:
		n, _ := strconv.Atoi(strings.TrimSpace(v))
		return n
	}
	return 0
}

// print formats one value; nil prints nothing but the width.
func (c *conversion) print(v any) string {
	switch c.verb {
	case 's':
		text := ""
		switch v := v.(type) {
		case string:
			text = v
		case int:
			text = strconv.Itoa(v)
		case float64:
			text = strconv.FormatFloat(v, 'f', 6, 64)
		}
		if c.precision >= 0 && c.precision < len(text) {
			text = text[:c.precision]
		}
		return c.pad(text)
	case 'c':
		if v == nil {
			return c.pad("")
		}
		if s, ok := v.(string); ok {
			return c.pad(s[:min(1, len(s))])
		}
		return c.pad(string([]byte{byte(number0(v))}))
	case 'd', 'i', 'u', 'x', 'X', 'o':
		if v == nil {
			return c.pad("")
		}
		return c.integer(number0(v))
	case 'f', 'F', 'e', 'E', 'g', 'G':
		if v == nil {
			return c.pad("")
		}
		return c.float(v)
	case 'n':
		return ""
	case 'p':
		return c.pad("(nil)")
	}
	return "%" + string(c.verb)
}

// float formats a number; more than 60 digits behind the point are not made.
func (c *conversion) float(v any) string {
	f, isFloat := v.(float64)
	if s, ok := v.(string); ok {
		f, _ = strconv.ParseFloat(strings.TrimSpace(s), 64)
	} else if !isFloat {
		f = float64(number0(v))
	}
	precision := c.precision
	if precision < 0 {
		precision = 6
	}
	verb := c.verb
	if verb == 'F' {
		verb = 'f'
	}
	sign, digits := "", strconv.FormatFloat(f, verb, min(precision, 60), 64)
	switch {
	case strings.HasPrefix(digits, "-"):
		sign, digits = "-", digits[1:]
	case strings.HasPrefix(digits, "+"):
		digits = digits[1:] // +Inf
		fallthrough
	default:
		if c.plus {
			sign = "+"
		} else if c.space {
			sign = " "
		}
	}
	switch {
	case digits == "Inf", digits == "NaN":
		digits = strings.ToLower(digits)
	case c.zero && !c.left:
		if fill := c.width - len(sign) - len(digits); fill > 0 {
			digits = strings.Repeat("0", fill) + digits
		}
	}
	return c.pad(sign + digits)
}

// integer formats a number of 32 bits.
func (c *conversion) integer(n int) string {
	sign, digits := "", ""
	switch c.verb {
	case 'd', 'i':
		digits = strconv.Itoa(n)
		if n < 0 {
			sign, digits = "-", digits[1:]
		} else if c.plus {
			sign = "+"
		} else if c.space {
			sign = " "
		}
	case 'u':
		digits = strconv.FormatUint(uint64(uint32(n)), 10)
	case 'o':
		digits = strconv.FormatUint(uint64(uint32(n)), 8)
		if c.alternate {
			sign = "0"
		}
	default:
		digits = strconv.FormatUint(uint64(uint32(n)), 16)
		if c.alternate && n != 0 {
			sign = "0x"
		}
		if c.verb == 'X' {
			sign, digits = strings.ToUpper(sign), strings.ToUpper(digits)
		}
	}
	if c.precision >= 0 {
		if len(digits) < c.precision {
			digits = strings.Repeat("0", c.precision-len(digits)) + digits
		}
	} else if c.zero && !c.left {
		if fill := c.width - len(sign) - len(digits); fill > 0 {
			digits = strings.Repeat("0", fill) + digits
		}
	}
	return c.pad(sign + digits)
}

func (c *conversion) pad(s string) string {
	fill := c.width - len(s)
	if fill <= 0 {
		return s
	}
	if c.left {
		return s + strings.Repeat(" ", fill)
	}
	return strings.Repeat(" ", fill) + s
}

// Repeated are the values once more, and once more: formats may use each of
// them three times.
func Repeated(values ...any) []any {
	all := make([]any, 0, 3*len(values))
	for range 3 {
		all = append(all, values...)
	}
	return all
}

// MaxValues is the number of values that a format of records may use.
const MaxValues = 48

// Cycled are the values over and over, up to MaxValues.
func Cycled(values []any) []any {
	if len(values) == 0 {
		return nil
	}
	all := make([]any, 0, MaxValues)
	for len(all) < MaxValues {
		all = append(all, values[len(all)%len(values)])
	}
	return all
}
