package dicom

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// EncodeXML writes d in the Native DICOM Model (PS3.19 section A.1), in UTF-8,
// which (0008,0005) then tells. What is left out, and opt, are as in
// [AppendJSON]. Characters that XML has no place for become U+FFFD.
func EncodeXML(w io.Writer, d *Dataset, opt JSONOptions) error {
	x := xmlWriter{w: w, opt: opt, path: make(Path, 0, 8)}
	x.raw(xml.Header + `<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">`)
	if err := x.dataset(d, Charset{}); err != nil {
		return fmt.Errorf("encode XML: %w", err)
	}
	x.raw("</NativeDicomModel>\n")
	if x.flush(); x.err != nil {
		return fmt.Errorf("encode XML: %w", x.err)
	}
	return nil
}

type xmlWriter struct {
	w    io.Writer
	buf  []byte
	opt  JSONOptions
	path Path
	err  error
}

func (x *xmlWriter) flush() {
	if x.err == nil && len(x.buf) > 0 {
		_, x.err = x.w.Write(x.buf)
	}
	x.buf = x.buf[:0]
}

func (x *xmlWriter) Write(p []byte) (int, error) {
	x.buf = append(x.buf, p...)
	return len(p), nil
}

func (x *xmlWriter) raw(s string) { x.buf = append(x.buf, s...) }

func (x *xmlWriter) text(s string) { _ = xml.EscapeText(x, []byte(s)) } // to memory

func (x *xmlWriter) dataset(d *Dataset, charset Charset) error {
	if len(x.path) >= MaxDepth {
		return ErrTooDeep
	}
	if d.Has(SpecificCharacterSet) {
		charset = d.Charset()
	}
	x.path = append(x.path, Step{})
	defer func() { x.path = x.path[:len(x.path)-1] }()
	for i := range d.elems {
		e := &d.elems[i]
		if e.Tag.IsGroupLength() || e.Tag>>16 == 2 {
			continue
		}
		x.path[len(x.path)-1] = Step{Tag: e.Tag, Item: NoItem}
		if err := x.element(d, e, charset); err != nil {
			return fmt.Errorf("(%v): %w", e.Tag, err)
		}
		if len(x.buf) > 32<<10 {
			x.flush()
		}
	}
	return x.err
}

func (x *xmlWriter) element(d *Dataset, e *Element, charset Charset) error {
	vr := e.VR
	if e.Items != nil {
		vr = SQ
	} else if !vr.plausible() {
		vr = UN
	}
	x.buf = fmt.Appendf(x.buf, `<DicomAttribute tag="%08X" vr="%v"`, uint32(e.Tag), vr)
	if !e.Tag.IsPrivate() {
		if k := CurrentDictionary().Keyword(e.Tag); k != "" {
			x.attribute("keyword", k)
		}
	} else if creator := d.PrivateCreator(e.Tag); creator != "" {
		x.attribute("privateCreator", charset.Decode([]byte(creator)))
	}
	x.raw(">")
	if !e.IsEmpty() {
		if err := x.value(e, vr, charset); err != nil {
			return err
		}
	}
	x.raw("</DicomAttribute>")
	return nil
}

func (x *xmlWriter) attribute(name, value string) {
	x.raw(" " + name + `="`)
	x.text(value)
	x.raw(`"`)
}

func (x *xmlWriter) value(e *Element, vr VR, charset Charset) error {
	switch {
	case vr == SQ && e.Items != nil:
		last := len(x.path) - 1
		for i, it := range e.Items {
			x.path[last].Item = i
			x.buf = fmt.Appendf(x.buf, `<Item number="%d">`, i+1)
			if err := x.dataset(it, charset); err != nil {
				return err
			}
			x.raw("</Item>")
		}
		return nil
	case e.Fragments != nil || vr.isBinary():
		return x.binary(e)
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
		x.buf = fmt.Appendf(x.buf, `<Value number="%d">`, i+1)
		x.text(s)
		x.raw("</Value>")
	}
	return nil
}

// xmlValues are the values of an element as text.
func xmlValues(e *Element, charset Charset) []string {
	var out []string
	switch {
	case e.Tag == SpecificCharacterSet && e.VR == CS:
		return []string{"ISO_IR 192"}
	case e.VR.IsText():
		s := e.String()
		if e.VR.isConverted() {
			s = charset.Decode([]byte(s))
		}
		if e.VR.isOneText() {
			return []string{s}
		}
		for part := range strings.SplitSeq(s, `\`) {
			out = append(out, strings.Trim(part, " "))
		}
	case e.VR == AT:
		for _, t := range e.Tags() {
			out = append(out, fmt.Sprintf("%08X", uint32(t)))
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
	x.buf = fmt.Appendf(x.buf, `<PersonName number="%d">`, number)
	n := ParsePersonName(s)
	for i, g := range []NameGroup{n.Alphabetic, n.Ideographic, n.Phonetic} {
		if g == (NameGroup{}) {
			continue
		}
		x.raw("<" + nameGroups[i] + ">")
		for _, c := range []struct{ tag, text string }{
			{"FamilyName", g.Family}, {"GivenName", g.Given}, {"MiddleName", g.Middle}, {"NamePrefix", g.Prefix}, {"NameSuffix", g.Suffix},
		} {
			if c.text != "" {
				x.raw("<" + c.tag + ">")
				x.text(c.text)
				x.raw("</" + c.tag + ">")
			}
		}
		x.raw("</" + nameGroups[i] + ">")
	}
	x.raw("</PersonName>")
}

func (x *xmlWriter) binary(e *Element) error {
	if x.opt.BulkURI != nil {
		if uri := x.opt.BulkURI(x.path, e); uri != "" {
			x.raw("<BulkData")
			x.attribute("uri", uri)
			x.raw("/>")
			return nil
		}
	}
	if e.Fragments != nil {
		return nil
	}
	v, err := e.Bytes()
	if err != nil {
		return err
	}
	x.raw("<InlineBinary>")
	x.buf = base64.StdEncoding.AppendEncode(x.buf, v)
	x.raw("</InlineBinary>")
	return nil
}

// PrivateCreator is the text that reserves the block of private tag t in d
// (PS3.5 section 7.8.1), "" when there is none.
func (d *Dataset) PrivateCreator(t Tag) string {
	block := t.Element() >> 8
	if !t.IsPrivate() || block < 0x10 {
		return ""
	}
	return d.String(NewTag(t.Group(), block))
}
