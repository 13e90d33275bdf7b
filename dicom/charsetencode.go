package dicom

import (
	"fmt"
	"unicode/utf8"

	xtext "golang.org/x/text/encoding"
)

// Encode is s, given in UTF-8, in the repertoire, with escape sequences where it
// allows them. A character it lacks becomes a question mark; the error is then
// [ErrCharset] with the first such one.
func (c Charset) Encode(s string) ([]byte, error) {
	switch {
	case c.utf8 || isASCII([]byte(s)):
		return []byte(s), nil
	case c.whole != nil:
		return encodeWhole(c.whole, s)
	}
	e := textEncoder{textDecoder: textDecoder{charset: c}}
	e.reset()
	for _, r := range s {
		e.rune(r)
	}
	e.end()
	return e.buf, e.err
}

func encodeWhole(enc xtext.Encoding, s string) ([]byte, error) {
	var out []byte
	var first error
	coder := enc.NewEncoder()
	for _, r := range s {
		b, err := coder.Bytes([]byte(string(r)))
		if err != nil {
			b = []byte{'?'}
			if first == nil {
				first = fmt.Errorf("encode %q: %w", r, ErrCharset)
			}
		}
		out = append(out, b...)
	}
	return out, first
}

// textEncoder writes text with the escape sequences of ISO 2022.
type textEncoder struct {
	textDecoder
	buf []byte
	err error
}

// end returns the left half to ASCII, as values have to end (PS3.5 section
// 6.1.2.5.3).
func (e *textEncoder) end() {
	if e.g0 != nil && e.g0.size == 2 {
		e.use(&codeSets[0])
	}
}

func (e *textEncoder) use(set *codeSet) {
	e.buf = append(append(e.buf, escape), set.escape...)
	if set.g0 {
		e.g0 = set
	} else {
		e.g1 = set
	}
}

func (e *textEncoder) rune(r rune) {
	if r < utf8.RuneSelf {
		e.end()
		e.buf = append(e.buf, byte(r))
		if r < ' ' || r == '\\' || r == '^' || r == '=' {
			e.reset()
		}
		return
	}
	for _, set := range [...]*codeSet{e.g0, e.g1} {
		if b := set.encode(r); b != nil {
			e.put(set, b)
			return
		}
	}
	for _, set := range e.charset.others {
		if b := set.encode(r); b != nil {
			e.use(set)
			e.put(set, b)
			return
		}
	}
	e.end()
	e.buf = append(e.buf, '?')
	if e.err == nil {
		e.err = fmt.Errorf("encode %q: %w", r, ErrCharset)
	}
}

func (e *textEncoder) put(set *codeSet, b []byte) {
	if !set.g0 {
		e.end()
	}
	e.buf = append(e.buf, b...)
}

// encode is the code of r in the set, nil when it has none.
func (s *codeSet) encode(r rune) []byte {
	if s == nil || s.table == nil {
		return nil
	}
	b, err := s.table.NewEncoder().Bytes([]byte(string(r)))
	if err != nil || len(b) != s.size+len(s.lead) || string(b[:len(s.lead)]) != s.lead {
		return nil
	}
	b = b[len(s.lead):]
	for i, c := range b {
		// Bytes of another length, or below the right half, belong to a larger
		// set that shares the table.
		if c < 0xa0 {
			return nil
		}
		b[i] = c - s.shift
	}
	return b
}
