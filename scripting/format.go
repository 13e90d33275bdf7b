package scripting

import (
	"strings"

	"conquest/attribute"
	"conquest/cformat"
)

// formatC formats one value as C's printf does. The first of the letters s f x d
// g after the first percent sign tells what the value is: text, a number with a
// fraction, or an integer. Without such a letter nothing is put in.
func formatC(format, v string) string {
	start := strings.IndexByte(format, '%')
	if start < 0 {
		return format
	}
	k := strings.IndexAny(format[start:], "sfxdg")
	if k < 0 {
		return strings.ReplaceAll(format, "%%", "%")
	}
	switch format[start+k] {
	case 'd', 'x':
		return cformat.Sprintf(format, attribute.Int(v))
	case 'f', 'g':
		return cformat.Sprintf(format, attribute.Float(v))
	}
	return cformat.Sprintf(format, v)
}
