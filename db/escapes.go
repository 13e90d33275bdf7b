package db

import "strings"

// withoutEscapes is a text as a server reads it between quotes, where a backslash
// is an escape (MySQL, and the E strings of PostgreSQL). Where DoubleBackSlashToDB
// is 0 the original writes it there as it is.
func withoutEscapes(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 == len(s) {
			b = append(b, c)
			continue
		}
		i++
		switch c = s[i]; c {
		case 'b':
			c = '\b'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		b = append(b, c)
	}
	return string(b)
}
