package pixel

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrUnknownCode is wrapped when a text is no compression code.
var ErrUnknownCode = errors.New("unknown compression code")

// maxCode is the number of characters of a code that count.
const maxCode = 15

// Code is a compression code of the original (docs/original/compression.md 1), such as
// "un", "j2", "j350", "n4", "k2" or "j#3,150".
type Code struct {
	Family  byte // 'u', 'j', 'n', 'k', 's', or 0: leave the object as it is
	Mode    byte // the second character in lower case, 0 when missing
	Quality int  // number behind the mode of a j code; 0: the default
	Scale   int  // of the forms j#S,C and n#S,C
	Clip    int
	// NoImplicit is the suffix "!": implicit little endian is not to be
	// proposed to a peer.
	NoImplicit bool
}

// ParseCode reads a compression code. The empty code is "as is".
func ParseCode(s string) (Code, error) {
	if len(s) > maxCode {
		s = s[:maxCode]
	}
	var c Code
	c.NoImplicit = strings.Contains(s, "!")
	text := strings.ToLower(strings.ReplaceAll(s, "!", ""))
	if text == "" || text == "is" || strings.HasPrefix(text, "as") || text[0] == 'v' {
		return c, nil
	}
	c.Family = text[0]
	rest := ""
	if len(text) > 1 {
		c.Mode = text[1]
		rest = text[2:]
	}
	known := false
	switch c.Family {
	case 'u', 'k':
		known = true
	case 'j':
		known = true
		c.Quality = leadingNumber(rest)
	case 'n':
		known = c.Mode >= '0' && c.Mode <= '5' || c.Mode == 'j' || c.Mode == '#'
	case 's':
		known = c.Mode >= '0' && c.Mode <= '9'
	}
	if c.Mode == '#' && (c.Family == 'j' || c.Family == 'n') {
		c.Quality = 0
		scale, clip, ok := strings.Cut(rest, ",")
		c.Scale, c.Clip = leadingNumber(scale), leadingNumber(clip)
		known = ok && c.Scale > 0
	}
	if !known {
		return Code{}, fmt.Errorf("%q: %w", s, ErrUnknownCode)
	}
	return c, nil
}

// leadingNumber is the number a text begins with, 0 when there is none.
func leadingNumber(s string) int {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && s[end] == '-') {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}

// AsIs tells whether the code leaves objects as they are.
func (c Code) AsIs() bool { return c.Family == 0 }

// String is the code as ParseCode reads it.
func (c Code) String() string {
	if c.AsIs() {
		return "as"
	}
	s := string(c.Family)
	if c.Mode != 0 {
		s += string(c.Mode)
	}
	switch {
	case c.Mode == '#':
		s += fmt.Sprintf("%d,%d", c.Scale, c.Clip)
	case c.Quality != 0:
		s += strconv.Itoa(c.Quality)
	}
	if c.NoImplicit {
		s += "!"
	}
	return s
}

// downsizeLimits are the largest rows and columns of the k codes.
var downsizeLimits = map[byte]int{
	'1': 1024, '2': 512, '4': 256, '8': 128, 'a': 64, 'b': 32, 'c': 16,
}
