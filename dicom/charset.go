package dicom

import (
	"errors"
	"strings"
	"unicode/utf8"

	xtext "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// ErrCharset tells that a character has no code in the character set.
var ErrCharset = errors.New("character is not in the character set")

// Charset is the character repertoire of a data set (PS3.3 section C.12.1.1.2).
// The zero value is the default repertoire, ASCII.
type Charset struct {
	whole  xtext.Encoding // GB18030, GBK: one stream without escapes
	utf8   bool
	first  *codeSet   // where values begin: right half of a single-byte set
	others []*codeSet // what escapes may switch to
}

// codeSet is one set that escape sequences designate (PS3.3 tables C.12-2 to
// C.12-4).
type codeSet struct {
	term   string // defined term without blanks, upper case, as "ISOIR100"
	escape string // what follows ESC
	g0     bool   // codes below 0x80
	size   int    // bytes of one character
	table  xtext.Encoding
	shift  byte // added to each byte for table
	lead   string
}

var codeSets = []codeSet{
	{term: "ISOIR6", escape: "(B", g0: true, size: 1},
	{term: "ISOIR100", escape: "-A", size: 1, table: charmap.ISO8859_1},
	{term: "ISOIR101", escape: "-B", size: 1, table: charmap.ISO8859_2},
	{term: "ISOIR109", escape: "-C", size: 1, table: charmap.ISO8859_3},
	{term: "ISOIR110", escape: "-D", size: 1, table: charmap.ISO8859_4},
	{term: "ISOIR144", escape: "-L", size: 1, table: charmap.ISO8859_5},
	{term: "ISOIR127", escape: "-G", size: 1, table: charmap.ISO8859_6},
	{term: "ISOIR126", escape: "-F", size: 1, table: charmap.ISO8859_7},
	{term: "ISOIR138", escape: "-H", size: 1, table: charmap.ISO8859_8},
	{term: "ISOIR148", escape: "-M", size: 1, table: charmap.ISO8859_9},
	{term: "ISOIR203", escape: "-b", size: 1, table: charmap.ISO8859_15},
	{term: "ISOIR166", escape: "-T", size: 1, table: charmap.Windows874},
	{term: "ISOIR13", escape: ")I", size: 1, table: japanese.ShiftJIS},
	{term: "ISOIR14", escape: "(J", g0: true, size: 1},
	{term: "ISOIR87", escape: "$B", g0: true, size: 2, table: japanese.EUCJP, shift: 0x80},
	{term: "ISOIR159", escape: "$(D", g0: true, size: 2, table: japanese.EUCJP, shift: 0x80, lead: "\x8f"},
	{term: "ISOIR149", escape: "$)C", size: 2, table: korean.EUCKR},
	{term: "ISOIR58", escape: "$)A", size: 2, table: simplifiedchinese.GBK},
}

func codeSetOf(term string) *codeSet {
	for i := range codeSets {
		if codeSets[i].term == term {
			return &codeSets[i]
		}
	}
	return nil
}

// normalTerm is a defined term without blanks and signs, "ISO2022IR87" written
// as "ISOIR87", so that common misspellings are understood.
func normalTerm(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
	for _, prefix := range [...]string{"ISO2022IR", "ISOIR", "ISO2022"} {
		if n, ok := strings.CutPrefix(s, prefix); ok {
			s = "ISOIR" + n
			break
		}
	}
	if term, ok := otherTerms[s]; ok {
		return term
	}
	return s
}

// otherTerms are names that are no defined terms but met.
var otherTerms = map[string]string{
	"ISOIRGBK": "GBK", "ISOIRGB18030": "GB18030", "ISOIRGB2312": "ISOIR58", "ISOIRUTF8": "ISOIR192", "UTF8": "ISOIR192",
	"ASCII": "ISOIR6", "USASCII": "ISOIR6", "LATIN1": "ISOIR100", "ISO88591": "ISOIR100", "ISO88592": "ISOIR101",
	"ISO88595": "ISOIR144", "ISO88596": "ISOIR127", "ISO88597": "ISOIR126", "ISO88598": "ISOIR138", "ISO88599": "ISOIR148",
	"ISO885911": "ISOIR166", "ISO885915": "ISOIR203", "LATIN9": "ISOIR203", "SHIFTJIS": "ISOIR13", "SJIS": "ISOIR13", "EUCKR": "ISOIR149",
}

// ParseCharset makes the repertoire told by the values of (0008,0005). Terms
// that are not known count as the default repertoire.
func ParseCharset(terms ...string) Charset {
	var c Charset
	for i, term := range terms {
		switch n := normalTerm(term); n {
		case "ISOIR192":
			return Charset{utf8: true}
		case "GB18030":
			return Charset{whole: simplifiedchinese.GB18030}
		case "GBK", "GB2312":
			return Charset{whole: simplifiedchinese.GBK}
		default:
			set := codeSetOf(n)
			switch {
			case set == nil || n == "ISOIR6":
			case i == 0:
				c.first = set
			}
			if set != nil && len(terms) > 1 {
				c.others = append(c.others, set)
			}
			if n == "ISOIR13" && len(terms) > 1 {
				c.others = append(c.others, codeSetOf("ISOIR14"))
			}
		}
	}
	return c
}

// Charset is the repertoire told by (0008,0005). Items of sequences without
// that element have the repertoire of the data set around them.
func (d *Dataset) Charset() Charset {
	v := d.String(SpecificCharacterSet)
	if v == "" {
		return Charset{}
	}
	return ParseCharset(strings.Split(v, `\`)...)
}

// Text is the value of t in UTF-8, read by the character set of d; see
// [Dataset.String] for what is trimmed.
func (d *Dataset) Text(t Tag) string { return DecodeText(d, []byte(d.String(t))) }

// SetText puts s, given in UTF-8, as the value of t in the character set of d.
// With [ErrCharset] the value has question marks.
func (d *Dataset) SetText(t Tag, s string) error {
	b, err := EncodeText(d, s)
	d.SetString(t, string(b))
	return err
}

// DecodeText is text of d in UTF-8.
func DecodeText(d *Dataset, b []byte) string {
	if isASCII(b) {
		return string(b)
	}
	return d.Charset().Decode(b)
}

// EncodeText is s, given in UTF-8, in the character set of d; see
// [Charset.Encode].
func EncodeText(d *Dataset, s string) ([]byte, error) { return d.Charset().Encode(s) }

const escape = 0x1b

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == escape {
			return false
		}
	}
	return true
}

// Decode is b in UTF-8. Bytes that mean nothing give U+FFFD; bytes beyond ASCII
// in the default repertoire are taken as UTF-8 when they are valid, else as
// Latin-1.
func (c Charset) Decode(b []byte) string {
	switch {
	case isASCII(b):
		return string(b)
	case c.utf8:
		return strings.ToValidUTF8(string(b), "\ufffd")
	case c.whole != nil:
		return decodeAll(c.whole, b)
	case c.first == nil && c.others == nil:
		if utf8.Valid(b) {
			return string(b)
		}
		return decodeAll(charmap.ISO8859_1, b)
	}
	d := textDecoder{charset: c}
	d.reset()
	return d.decode(b)
}

func decodeAll(e xtext.Encoding, b []byte) string {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(out)
}

// textDecoder follows the escape sequences of ISO 2022.
type textDecoder struct {
	charset Charset
	g0, g1  *codeSet
	out     strings.Builder
}

func (d *textDecoder) reset() {
	d.g0, d.g1 = nil, nil
	if f := d.charset.first; f != nil && f.g0 {
		d.g0 = f
	} else if f != nil {
		d.g1 = f
	}
}

func (d *textDecoder) decode(b []byte) string {
	for len(b) > 0 {
		c := b[0]
		if d.isShiftJIS(b) {
			d.out.WriteString(decodeAll(japanese.ShiftJIS, b[:2]))
			b = b[2:]
			continue
		}
		if c == escape {
			if n := d.designate(b[1:]); n > 0 {
				b = b[1+n:]
				continue
			}
		}
		set := d.g0
		if c >= 0x80 {
			if set = d.g1; set == nil {
				set = d.charset.undesignated()
			}
		}
		double := set != nil && set.size == 2
		if c < 0x21 || !double && (c == '\\' || c == '^' || c == '=') {
			d.out.WriteByte(c)
			b = b[1:]
			if c != ' ' && c != escape {
				d.reset()
			}
			continue
		}
		n := 1
		if double {
			n = min(2, len(b))
		}
		d.character(set, b[:n])
		b = b[n:]
	}
	return d.out.String()
}

// undesignated is the set for bytes of the right half that no escape sequence
// announced, as some systems write them: the first one told that has them.
func (c *Charset) undesignated() *codeSet {
	for _, set := range c.others {
		if !set.g0 {
			return set
		}
	}
	return nil
}

// isShiftJIS tells whether b begins with a character of two bytes in Shift-JIS,
// which some systems write and label ISO_IR 13: bytes that JIS X 0201 does not
// have, or that mean half of one there.
func (d *textDecoder) isShiftJIS(b []byte) bool {
	if d.charset.first == nil || d.charset.first.term != "ISOIR13" || d.g1 != nil && d.g1 != d.charset.first || len(b) < 2 {
		return false
	}
	lead := b[0] >= 0x81 && b[0] <= 0x9f || b[0] >= 0xe0 && b[0] <= 0xfc
	return lead && b[1] >= 0x40 && b[1] <= 0xfc && b[1] != 0x7f
}

// designate reads what follows an ESC and returns its length, 0 when it is not
// known.
func (d *textDecoder) designate(b []byte) int {
	for i := range codeSets {
		set := &codeSets[i]
		if !strings.HasPrefix(string(b[:min(len(b), len(set.escape))]), set.escape) {
			continue
		}
		if set.g0 {
			d.g0 = set
		} else {
			d.g1 = set
		}
		return len(set.escape)
	}
	return 0
}

func (d *textDecoder) character(set *codeSet, b []byte) {
	switch {
	case set == nil && b[0] < 0x80, set != nil && set.table == nil:
		d.out.WriteByte(b[0])
		return
	case set == nil:
		d.out.WriteRune(utf8.RuneError)
		return
	}
	coded := append(make([]byte, 0, 3), set.lead...)
	for _, c := range b {
		coded = append(coded, c+set.shift)
	}
	d.out.WriteString(decodeAll(set.table, coded))
}
