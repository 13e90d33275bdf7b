package hl7

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Item is a piece of a message: a segment name (SEG.0), a field (SEG.1 ...; of
// MSH the numbers are one less than HL7 counts), a component or repetition
// (SEG.1.0 ... and SEG.1.END), the parts of a time (SEG.1.DATE, SEG.1.TIME), the
// end of a segment (EOS) or of a message (EOM).
type Item struct {
	Type     string
	Contents string
}

// Types of items that are no part of a field.
const (
	EndOfSegment = "EOS"
	EndOfMessage = "EOM"
	Unreadable   = "ERR"
)

// ErrFormat tells that a text is no HL7 message.
var ErrFormat = errors.New("not an HL7 message")

// maxField is the length to which fields are cut.
const maxField = 255

// times are the fields that hold a time.
var times = map[string]bool{
	"OBR.6": true, "OBR.7": true, "OBR.8": true, "OBR.22": true, "OBR.36": true, "PID.7": true, "PID.29": true,
	"PV1.44": true, "PV1.45": true, "TXA.4": true, "TXA.6": true, "TXA.7": true, "TXA.8": true, "MSH.6": true,
	"OBX.12": true, "OBX.14": true, "ORC.9": true, "ORC.15": true,
}

// Parse gives the items of all messages in text, in order. Segments end with CR,
// LF or both, with or without a separator before. It stops when item returns
// false. A text that is no HL7 gives an item Unreadable and ErrFormat.
func Parse(text string, item func(Item) bool) error {
	p := &parser{item: item}
	p.separators()
	for text != "" {
		line, rest, end := cutLine(text)
		text = rest
		if strings.Trim(line, " \t\x00\x0b\x1c") == "" {
			continue
		}
		if !p.segment(line) {
			return p.err
		}
		p.wrote = true
		if end && !strings.HasPrefix(rest, "MSH") && !p.emit(EndOfSegment, "") {
			return nil
		}
		if strings.HasPrefix(rest, "MSH") && !p.endMessage() {
			return nil
		}
	}
	if p.wrote {
		p.endMessage()
	}
	return nil
}

type parser struct {
	item                      func(Item) bool
	field, component, repeats byte
	wrote                     bool // something of the message
	err                       error
}

func (p *parser) separators() { p.field, p.component, p.repeats = '|', '^', '~' }

func (p *parser) emit(typ, contents string) bool { return p.item(Item{typ, contents}) }

func (p *parser) endMessage() bool {
	p.separators()
	p.wrote = false
	return p.emit(EndOfMessage, "")
}

// cutLine takes a line off; end tells that it was terminated.
func cutLine(text string) (line, rest string, end bool) {
	i := strings.IndexAny(text, "\r\n")
	if i < 0 {
		return text, "", false
	}
	n := 1
	if i+1 < len(text) && text[i+1] != text[i] && (text[i+1] == '\r' || text[i+1] == '\n') {
		n = 2
	}
	return text[:i], text[i+n:], true
}

func isSegmentName(s string) bool {
	if len(s) < 3 {
		return false
	}
	upper := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	return upper(s[0]) && upper(s[1]) && (upper(s[2]) || s[2] >= '0' && s[2] <= '9')
}

func (p *parser) segment(line string) bool {
	name := "UNK"
	fields := line
	switch {
	case strings.HasPrefix(line, "MSH") && len(line) >= 6:
		p.field, p.component, p.repeats = line[3], line[4], line[5]
		name, fields = "MSH", line[4:]
	case isSegmentName(line):
		name, fields = line[:3], line[min(4, len(line)):]
	case strings.IndexByte(line, p.field) < 0:
		p.err = ErrFormat
		p.emit("UNK.0", "")
		p.emit(Unreadable, "")
		return false
	}
	said := name
	if name == "UNK" {
		said = ""
	}
	if !p.emit(name+".0", said) {
		return false
	}
	for n := 1; fields != ""; n++ {
		value, rest, _ := strings.Cut(fields, string(p.field))
		fields = rest
		if !p.value(name+"."+strconv.Itoa(n), cut(value)) {
			return false
		}
	}
	return true
}

// cut keeps the beginning of a field, of UTF-8 whole characters.
func cut(value string) string {
	if len(value) <= maxField {
		return value
	}
	n := maxField
	if utf8.ValidString(value) {
		for !utf8.RuneStart(value[n]) {
			n--
		}
	}
	return value[:n]
}

// value gives a field and its parts.
func (p *parser) value(typ, value string) bool {
	if !p.emit(typ, value) {
		return false
	}
	if times[typ] {
		n := min(len(value), len("20060102"))
		return p.emit(typ+".DATE", value[:n]) && p.emit(typ+".TIME", value[n:])
	}
	if strings.IndexByte(value, p.component) < 0 && strings.IndexByte(value, p.repeats) < 0 {
		return true
	}
	for n := 0; n == 0 || value != ""; n++ {
		i := strings.IndexByte(value, p.component)
		if i < 0 {
			i = strings.IndexByte(value, p.repeats)
		}
		part, rest := value, ""
		if i >= 0 {
			part, rest = value[:i], value[i+1:]
		}
		if !p.emit(typ+"."+strconv.Itoa(n), part) {
			return false
		}
		value = rest
	}
	return p.emit(typ+".END", "")
}
