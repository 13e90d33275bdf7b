package dicom

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// EncodeXML writes d in the Native DICOM Model (PS3.19 section A.1), in UTF-8,
// which (0008,0005) then tells. What is left out, what UN of known tags becomes,
// and opt, are as in [AppendJSON]. Characters that XML has no place for become
// U+FFFD.
func EncodeXML(w io.Writer, d *Dataset, opt JSONOptions) error {
	x := xmlWriter{modelWriter{w: w, opt: opt, path: make(Path, 0, 8)}}
	x.raw(xml.Header + `<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">`)
	if err := x.dataset(d, Charset{}); err != nil {
		return fmt.Errorf("encode XML: %w", err)
	}
	x.raw("</NativeDicomModel>\n")
	if err := x.flush(); err != nil {
		return fmt.Errorf("encode XML: %w", err)
	}
	return nil
}

type xmlWriter struct{ modelWriter }

// Write is for [xml.EscapeText].
func (x *xmlWriter) Write(p []byte) (int, error) {
	x.buf = append(x.buf, p...)
	return len(p), nil
}

func (x *xmlWriter) text(s string) { _ = xml.EscapeText(x, []byte(s)) } // to memory

func (x *xmlWriter) dataset(d *Dataset, charset Charset) error {
	if len(x.path) > MaxDepth {
		return ErrTooDeep
	}
	if d.Has(SpecificCharacterSet) {
		charset = d.Charset()
	}
	x.path = append(x.path, Step{})
	last := len(x.path) - 1
	for i := range d.elems {
		e := &d.elems[i]
		if e.Tag.IsGroupLength() || e.Tag>>16 == 2 {
			continue
		}
		x.path[last] = Step{Tag: e.Tag, Item: NoItem}
		if err := x.element(d, e, charset); err != nil {
			return fmt.Errorf("(%v): %w", e.Tag, err)
		}
	}
	x.path = x.path[:last]
	return nil
}

func (x *xmlWriter) element(d *Dataset, e *Element, charset Charset) error {
	known, vr := x.known(e)
	x.raw(`<DicomAttribute tag="`)
	x.buf = appendHex(x.buf, uint32(e.Tag))
	x.raw(`" vr="` + vr.String() + `"`)
	if !e.Tag.IsPrivate() {
		if k := CurrentDictionary().Keyword(e.Tag); k != "" {
			x.attribute("keyword", k)
		}
	} else if creator := d.PrivateCreator(e.Tag); creator != "" {
		x.attribute("privateCreator", charset.Decode([]byte(creator)))
	}
	x.raw(">")
	if !known.IsEmpty() {
		if err := x.value(&known, vr, charset); err != nil {
			return err
		}
	}
	x.raw("</DicomAttribute>")
	return x.flushSome()
}

func (x *xmlWriter) attribute(name, value string) {
	x.raw(" " + name + `="`)
	x.text(value)
	x.raw(`"`)
}

// open writes the beginning of a numbered element, n counts from 1.
func (x *xmlWriter) open(name string, n int) {
	x.raw("<" + name + ` number="`)
	x.buf = strconv.AppendInt(x.buf, int64(n), 10)
	x.raw(`">`)
}

func (x *xmlWriter) value(e *Element, vr VR, charset Charset) error {
	if vr == SQ {
		return x.items(e, charset)
	}
	if uri := x.bulkURI(e, vr); uri != "" {
		x.raw("<BulkData")
		x.attribute("uri", uri)
		x.raw("/>")
		return nil
	}
	switch {
	case e.Fragments != nil:
		return nil
	case vr.isBinary():
		x.raw("<InlineBinary>")
		err := x.base64(e)
		x.raw("</InlineBinary>")
		return err
	}
	v, err := e.Bytes()
	if err != nil {
		return err
	}
	for i, s := range xmlValues(&Element{Tag: e.Tag, VR: vr, Value: v}, charset) {
		if vr == PN {
			x.name(i+1, s)
			continue
		}
		x.open("Value", i+1)
		x.text(s)
		x.raw("</Value>")
	}
	return nil
}

func (x *xmlWriter) items(e *Element, charset Charset) error {
	last := len(x.path) - 1
	for i, it := range e.Items {
		x.path[last].Item = i
		x.open("Item", i+1)
		if it != nil {
			if err := x.dataset(it, charset); err != nil {
				return err
			}
		}
		x.raw("</Item>")
	}
	return nil
}

// xmlValues are the values of an element as text; none when all of it is
// padding.
func xmlValues(e *Element, charset Charset) []string {
	var out []string
	switch {
	case e.Tag == SpecificCharacterSet && e.VR == CS:
		return []string{utf8Term}
	case e.VR.IsText():
		s := modelText(e, charset)
		if s == "" {
			return nil
		}
		if e.VR.isOneText() {
			return []string{s}
		}
		for part := range strings.SplitSeq(s, `\`) {
			out = append(out, strings.Trim(part, " "))
		}
	case e.VR == AT:
		for _, t := range e.Tags() {
			out = append(out, string(appendHex(nil, uint32(t))))
		}
	case e.VR == FL || e.VR == FD:
		fs, _ := e.Floats() // numbers of a plain value
		for _, f := range fs {
			s := strconv.FormatFloat(f, 'g', -1, 8*e.VR.WordSize())
			if math.IsInf(f, 0) {
				s = strings.TrimPrefix(strings.ToUpper(s), "+")
			}
			out = append(out, s)
		}
	default:
		ns, _ := e.Ints()
		for _, n := range ns {
			if e.VR == UV {
				out = append(out, strconv.FormatUint(uint64(n), 10))
				continue
			}
			out = append(out, strconv.FormatInt(n, 10))
		}
	}
	return out
}

func (x *xmlWriter) name(number int, s string) {
	x.open("PersonName", number)
	n := ParsePersonName(s)
	for i, g := range []NameGroup{n.Alphabetic, n.Ideographic, n.Phonetic} {
		if g == (NameGroup{}) {
			continue
		}
		x.raw("<" + nameGroups[i] + ">")
		for k, c := range [...]string{g.Family, g.Given, g.Middle, g.Prefix, g.Suffix} {
			if c != "" {
				x.raw("<" + nameComponents[k] + ">")
				x.text(c)
				x.raw("</" + nameComponents[k] + ">")
			}
		}
		x.raw("</" + nameGroups[i] + ">")
	}
	x.raw("</PersonName>")
}

var nameComponents = [...]string{"FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"}

// PrivateCreator is the text that reserves the block of private tag t in d
// (PS3.5 section 7.8.1), "" when there is none.
func (d *Dataset) PrivateCreator(t Tag) string {
	block := t.Element() >> 8
	if !t.IsPrivate() || block < 0x10 {
		return ""
	}
	return d.String(NewTag(t.Group(), block))
}
