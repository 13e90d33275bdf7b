package console

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Printable is s as it may stand in a log or on a terminal: control characters,
// which would end the line, begin a false one or command the terminal, are written
// as \n, \x1b and the like. Bytes that are no UTF-8 stay: they are text of other
// character sets.
func Printable(s string) string { return printable(s, "") }

// printable is Printable but for the characters of keep.
func printable(s, keep string) string {
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !isControl(r) || strings.ContainsRune(keep, r) {
			b.WriteString(s[i : i+n])
		} else {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += n
	}
	return b.String()
}

// isControl tells of the control characters of ASCII and Latin-1, and those that
// turn the direction of text or part lines in Unicode.
func isControl(r rune) bool {
	switch {
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return true
	case r >= 0x200e && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

// harmless are the arguments of a message with the control characters of texts,
// errors and bytes written out. A message that is one text and nothing else may
// have lines and tabs: whoever says it made it.
func harmless(format string, a []any) []any {
	keep := "\t"
	if format == "%s" {
		keep = "\t\n"
	}
	var out []any
	for i, arg := range a {
		clean, changed := harmlessArgument(arg, keep)
		if !changed {
			continue
		}
		if out == nil {
			out = append([]any(nil), a...)
		}
		out[i] = clean
	}
	if out == nil {
		return a
	}
	return out
}

func harmlessArgument(arg any, keep string) (clean any, changed bool) {
	var s string
	switch v := arg.(type) {
	case string:
		s = v
	case []byte:
		s = string(v)
	case error:
		s, keep = v.Error(), ""
	default:
		return nil, false
	}
	p := printable(s, keep)
	return p, p != s
}
