package dicom

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ParseXML reads one data set of the Native DICOM Model (PS3.19 section A.1) from
// r, which should be limited to what may be held in memory. Values, names and
// items are taken by their numbers. Elements, text and errors are as in
// [ParseJSON]; entities other than those of XML itself are refused.
func ParseXML(r io.Reader, opt ParseJSONOptions) (*Dataset, error) {
	x := xmlReader{modelBuilder: modelBuilder{opt: opt, path: make(Path, 0, 8)}, dec: xml.NewDecoder(r)}
	d, err := x.document()
	if err != nil {
		return nil, fmt.Errorf("parse XML at byte %d: %w", x.dec.InputOffset(), err)
	}
	return d, nil
}

type xmlReader struct {
	modelBuilder
	dec *xml.Decoder
}

func (x *xmlReader) document() (*Dataset, error) {
	start, err := x.child()
	if err == nil && (start == nil || start.Name.Local != "NativeDicomModel") {
		err = fmt.Errorf("no NativeDicomModel: %w", ErrModel)
	}
	if err != nil {
		return nil, err
	}
	d := new(Dataset)
	if err := x.dataset(d, 0); err != nil {
		return nil, err
	}
	if next, err := x.child(); err != nil || next != nil {
		return nil, fmt.Errorf("something behind the data set: %w", ErrModel)
	}
	x.finish(d)
	return d, nil
}

// child is the next element within the one that is open, nil at its end or at the
// end of the document. Text between is passed over.
func (x *xmlReader) child() (*xml.StartElement, error) {
	for {
		tok, err := x.dec.Token()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, xmlError(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			return &tok, nil
		case xml.EndElement:
			return nil, nil
		}
	}
}

func xmlError(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	return err
}

func xmlAttribute(start *xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// number is the place, from 0, of a numbered element; those without number
// follow each other.
func number(start *xml.StartElement, next int) (int, error) {
	s := xmlAttribute(start, "number")
	if s == "" {
		return next, nil
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("number %.40q: %w", s, ErrModel)
	}
	return int(n) - 1, nil
}

// dataset reads the elements of a data set or item up to its end.
func (x *xmlReader) dataset(d *Dataset, item int) error {
	if err := x.enter(item); err != nil {
		return err
	}
	defer x.leave()
	for {
		start, err := x.child()
		if err != nil {
			return err
		}
		if start == nil {
			d.elems = sortElements(d.elems)
			return nil
		}
		if start.Name.Local != "DicomAttribute" {
			return fmt.Errorf("<%.40s> instead of an attribute: %w", start.Name.Local, ErrModel)
		}
		name := xmlAttribute(start, "tag")
		if name == "" {
			name = xmlAttribute(start, "keyword")
		}
		t, err := modelTag(name)
		if err != nil {
			return err
		}
		x.at(t)
		e, err := x.dicomAttribute(t, start)
		if err != nil {
			return fmt.Errorf("element (%v): %w", t, err)
		}
		if !t.IsGroupLength() {
			d.elems = append(d.elems, e)
		}
	}
}

// numbered is a value with its place.
type numbered struct {
	at int
	modelValue
}

func (x *xmlReader) dicomAttribute(t Tag, start *xml.StartElement) (Element, error) {
	m := modelElement{tag: t, vr: ParseVR(xmlAttribute(start, "vr"))}
	var values []numbered
	next := 0
	for {
		part, err := x.child()
		if err != nil {
			return Element{}, err
		}
		if part == nil {
			break
		}
		switch part.Name.Local {
		case "Value", "PersonName", "Item":
			var v numbered
			if v, err = x.numberedValue(part, next); err == nil {
				values, next = append(values, v), v.at+1
			}
		case "InlineBinary":
			m.inline, err = x.text()
			m.inline = strings.Join(strings.Fields(m.inline), "")
			m.binary = m.inline != ""
		case "BulkData":
			m.uri = xmlAttribute(part, "uri")
			if m.uri == "" {
				m.uri = xmlAttribute(part, "uuid")
			}
			err = x.dec.Skip()
		default:
			err = x.dec.Skip()
		}
		if err != nil {
			return Element{}, xmlError(err)
		}
	}
	var err error
	if m.values, err = inOrder(values); err != nil {
		return Element{}, err
	}
	return x.element(&m)
}

func (x *xmlReader) numberedValue(start *xml.StartElement, next int) (numbered, error) {
	at, err := number(start, next)
	if err != nil {
		return numbered{}, err
	}
	if err := x.use(modelValueCost); err != nil {
		return numbered{}, err
	}
	v := numbered{at: at}
	switch start.Name.Local {
	case "Value":
		v.text, err = x.text()
	case "PersonName":
		v.text, err = x.personName()
	default:
		v.item = new(Dataset)
		err = x.dataset(v.item, at)
	}
	return v, err
}

// inOrder puts values in their places; places that are left out are empty. The
// numbers may not go far beyond the values that are there.
func inOrder(values []numbered) ([]modelValue, error) {
	slices.SortStableFunc(values, func(a, b numbered) int { return a.at - b.at })
	const gaps = 1000
	out := make([]modelValue, 0, len(values))
	for _, v := range values {
		switch {
		case v.at < len(out):
			return nil, fmt.Errorf("number %d twice: %w", v.at+1, ErrModel)
		case v.at >= len(values)+gaps:
			return nil, fmt.Errorf("number %d of %d values: %w", v.at+1, len(values), ErrModel)
		}
		for len(out) < v.at {
			out = append(out, modelValue{})
		}
		out = append(out, v.modelValue)
	}
	return out, nil
}

// text is the character data up to the end of the element that is open.
func (x *xmlReader) text() (string, error) {
	var b strings.Builder
	for {
		tok, err := x.dec.Token()
		if err != nil {
			return "", xmlError(err)
		}
		switch tok := tok.(type) {
		case xml.CharData:
			b.Write(tok)
		case xml.StartElement:
			return "", fmt.Errorf("<%.40s> within a value: %w", tok.Name.Local, ErrModel)
		case xml.EndElement:
			return b.String(), nil
		}
	}
}

func (x *xmlReader) personName() (string, error) {
	var groups [len(nameGroups)]string
	for {
		start, err := x.child()
		if err != nil {
			return "", err
		}
		if start == nil {
			return strings.TrimRight(strings.Join(groups[:], "="), "="), nil
		}
		i := nameGroup(start.Name.Local)
		if i < 0 {
			return "", fmt.Errorf("<%.40s> in a name: %w", start.Name.Local, ErrModel)
		}
		if groups[i], err = x.nameGroup(); err != nil {
			return "", err
		}
	}
}

func (x *xmlReader) nameGroup() (string, error) {
	var parts [len(nameComponents)]string
	for {
		start, err := x.child()
		if err != nil {
			return "", err
		}
		if start == nil {
			return strings.TrimRight(strings.Join(parts[:], "^"), "^"), nil
		}
		i := slices.Index(nameComponents[:], start.Name.Local)
		if i < 0 {
			return "", fmt.Errorf("<%.40s> in a name: %w", start.Name.Local, ErrModel)
		}
		if parts[i], err = x.text(); err != nil {
			return "", err
		}
	}
}
