package sitecheck

import "strings"

// token is a word, a string or a sign of a Lua chunk.
type token struct {
	kind byte   // n: name, s: string, or the sign itself
	text string // of a string without its quotes, escapes as they are
	at   int    // byte in the chunk; of a string that of its text
}

// tokens splits a chunk, without comments. Numbers count as names.
func tokens(chunk string) []token {
	var list []token
	for i := 0; i < len(chunk); {
		c := chunk[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case strings.HasPrefix(chunk[i:], "--"):
			i = skipComment(chunk, i+2)
		case c == '"' || c == '\'':
			end := i + 1
			for end < len(chunk) && chunk[end] != c && chunk[end] != '\n' {
				if chunk[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(chunk))
			list = append(list, token{'s', chunk[i+1 : end], i + 1})
			i = end + 1
		case c == '[' && longBracket(chunk[i:]) > 0:
			n := longBracket(chunk[i:])
			end := closeBracket(chunk, i+n, n)
			list = append(list, token{'s', chunk[i+n : end], i + n})
			i = end + n
		case isName(c):
			start := i
			for i < len(chunk) && isName(chunk[i]) {
				i++
			}
			list = append(list, token{'n', chunk[start:i], start})
		case strings.HasPrefix(chunk[i:], ".."):
			list = append(list, token{'+', "..", i})
			i += 2
		case strings.HasPrefix(chunk[i:], "=="):
			list = append(list, token{'~', "==", i})
			i += 2
		default:
			list = append(list, token{c, chunk[i : i+1], i})
			i++
		}
	}
	return list
}

func isName(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// longBracket is the length of [[, [=[ ... at the beginning of s, 0 for none.
func longBracket(s string) int {
	n := 1
	for n < len(s) && s[n] == '=' {
		n++
	}
	if n < len(s) && s[n] == '[' {
		return n + 1
	}
	return 0
}

// closeBracket finds the end of a long string that began with a bracket of n
// bytes.
func closeBracket(chunk string, from, n int) int {
	from = min(from, len(chunk))
	if k := strings.Index(chunk[from:], "]"+strings.Repeat("=", n-2)+"]"); k >= 0 {
		return from + k
	}
	return len(chunk)
}

func skipComment(chunk string, i int) int {
	if i < len(chunk) && chunk[i] == '[' {
		if n := longBracket(chunk[i:]); n > 0 {
			return closeBracket(chunk, i+n, n) + n
		}
	}
	if k := strings.IndexByte(chunk[min(i, len(chunk)):], '\n'); k >= 0 {
		return i + k
	}
	return len(chunk)
}
