package scripting

import (
	"fmt"
	"strings"
)

// formatC formats one value as C's printf does with a single conversion, chosen
// by the first of the letters s f x d g after the first percent sign. Widths and
// precisions are limited to 999.
func formatC(format, v string) string {
	start := strings.IndexByte(format, '%')
	if start < 0 {
		return format
	}
	k := strings.IndexAny(format[start:], "sfxdg")
	if k < 0 {
		return strings.ReplaceAll(format, "%%", "%")
	}
	kind := format[start+k]
	var b strings.Builder
	used := false
	for i := 0; i < len(format); {
		if format[i] != '%' {
			b.WriteByte(format[i])
			i++
			continue
		}
		if at(format, i+1) == '%' {
			b.WriteByte('%')
			i += 2
			continue
		}
		spec, n := conversion(format[i:])
		i += n
		if spec != "" && !used {
			b.WriteString(formatOne(spec, kind, v))
			used = true
		}
	}
	return b.String()
}

// conversion is the flags, width and precision of the conversion at the start of
// s, as "%flags", without its letter, and its whole length.
func conversion(s string) (spec string, n int) {
	n = 1
	for n < len(s) && strings.IndexByte("-+ #0", s[n]) >= 0 {
		n++
	}
	flags := s[:n]
	digits := func() string {
		from := n
		for isDigit(at(s, n)) {
			n++
		}
		d := s[from:n]
		if len(d) > 3 {
			d = d[:3]
		}
		return d
	}
	spec = flags + digits()
	if at(s, n) == '.' {
		n++
		spec += "." + digits()
	}
	for c := at(s, n); c == 'l' || c == 'h'; c = at(s, n) {
		n++
	}
	if n >= len(s) {
		return "", n
	}
	return spec, n + 1
}

func formatOne(spec string, kind byte, v string) string {
	switch kind {
	case 'd':
		return fmt.Sprintf(spec+"d", atoi(v))
	case 'x':
		return fmt.Sprintf(spec+"x", uint32(atoi(v)))
	case 'f':
		return fmt.Sprintf(spec+"f", atof(v))
	case 'g':
		if !strings.Contains(spec, ".") {
			spec += ".6"
		}
		return fmt.Sprintf(spec+"g", atof(v))
	}
	return fmt.Sprintf(spec+"s", v)
}
