package dicom

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ErrModel tells that a text is not of the DICOM JSON model or the Native DICOM
// Model.
var ErrModel = errors.New("not a data set in JSON or XML")

// ParseJSONOptions tells how [ParseJSON] and [ParseXML] get what is not in the
// text.
type ParseJSONOptions struct {
	// Bulk is called with each address, and puts the value into e, as Value,
	// Fragments or Bulk; numbers are little endian. The path is good during the
	// call. nil leaves such elements empty.
	Bulk func(p Path, e *Element, uri string) error
	// Budget, when not nil, is asked before memory is used for much more than
	// the text.
	Budget Budget
}

// modelElement is an element as the text tells it.
type modelElement struct {
	tag    Tag
	vr     VR
	values []modelValue
	inline string // base 64
	uri    string // of bulk data
	binary bool   // inline is there
}

// modelValue is one value: an item, or text (numbers and names too).
type modelValue struct {
	text   string
	number bool // text is a number as JSON writes it, not a string
	item   *Dataset
}

// modelBuilder makes elements of what the text tells.
type modelBuilder struct {
	opt  ParseJSONOptions
	path Path
	wide bool // there is text beyond ASCII

	used, paid int64 // bytes of memory, and those taken of the budget
}

// use counts n bytes of memory.
func (m *modelBuilder) use(n int64) error {
	m.used += n
	switch {
	case m.used > maxStructure:
		return ErrTooMany
	case m.opt.Budget == nil || m.used < m.paid+countedAtOnce:
		return nil
	}
	if err := m.opt.Budget.Take(m.used - m.paid); err != nil {
		return fmt.Errorf("hold %d bytes: %w", m.used, err)
	}
	m.paid = m.used
	return nil
}

// Bytes that a part of the text costs beside its characters.
const (
	modelElementCost = elementCost + 64
	modelValueCost   = 128
)

// finish puts what (0008,0005) has to tell of text in UTF-8. What the text tells
// of it stays when all is ASCII.
func (m *modelBuilder) finish(d *Dataset) {
	if !m.wide {
		return
	}
	d.SetString(SpecificCharacterSet, utf8Term)
	for _, e := range d.Walk() {
		if e.Tag == SpecificCharacterSet && !e.IsEmpty() {
			*e = NewText(SpecificCharacterSet, CS, utf8Term)
		}
	}
}

const utf8Term = "ISO_IR 192"

// enter goes down to an item of the element last told by [modelBuilder.at].
func (m *modelBuilder) enter(item int) error {
	if n := len(m.path); n > 0 {
		m.path[n-1].Item = item
	}
	if len(m.path) > MaxDepth {
		return ErrTooDeep
	}
	m.path = append(m.path, Step{Item: NoItem})
	return nil
}

func (m *modelBuilder) leave() { m.path = m.path[:len(m.path)-1] }

func (m *modelBuilder) at(t Tag) { m.path[len(m.path)-1] = Step{Tag: t, Item: NoItem} }

// element is the element in the form data sets hold it.
func (m *modelBuilder) element(e *modelElement) (Element, error) {
	m.at(e.tag)
	if err := m.use(modelElementCost); err != nil {
		return Element{}, err
	}
	out := Element{Tag: e.tag, VR: e.vr}
	if !e.vr.known() {
		out.VR = CurrentDictionary().VR(e.tag)
	}
	var err error
	switch {
	case e.binary:
		out.Value, err = base64.StdEncoding.DecodeString(e.inline)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrModel, err)
		}
		if out.VR == SQ {
			out.VR = UN
		}
	case e.uri != "":
		if m.opt.Bulk != nil {
			err = m.opt.Bulk(m.path, &out, e.uri)
		}
	case out.VR == SQ:
		out.Items, err = modelItems(e.values)
	case len(e.values) == 0:
	case out.VR.IsText():
		out, err = m.text(out, e.values)
	default:
		out, err = modelNumbers(out, e.values)
	}
	if len(out.Value)%2 == 1 {
		out.Value = append(out.Value[:len(out.Value):len(out.Value)], out.VR.Pad())
	}
	return out, err
}

func modelItems(values []modelValue) ([]*Dataset, error) {
	items := make([]*Dataset, len(values))
	for i, v := range values {
		switch {
		case v.item != nil:
			items[i] = v.item
		case v.text != "":
			return nil, fmt.Errorf("%q is no item: %w", v.text, ErrModel)
		default:
			items[i] = &Dataset{}
		}
	}
	if len(items) == 0 {
		return nil, nil
	}
	return items, nil
}

func (m *modelBuilder) text(e Element, values []modelValue) (Element, error) {
	parts := make([]string, len(values))
	for i, v := range values {
		if v.item != nil {
			return e, fmt.Errorf("item in a value of %v: %w", e.VR, ErrModel)
		}
		parts[i] = v.text
		switch {
		case e.VR == DS && v.number && len(v.text) > maxDS:
			if f, err := strconv.ParseFloat(v.text, 64); err == nil {
				parts[i] = FormatDS(f)
			}
		case e.VR == IS && v.number:
			parts[i] = integerText(v.text)
		}
	}
	s := strings.Join(parts, `\`)
	m.wide = m.wide || !isASCII([]byte(s))
	return NewText(e.Tag, e.VR, s), nil
}

const maxDS = 16 // characters of a decimal string

// integerText writes a whole number told as 1e2 or 1.0 in the form of IS; other
// text stays.
func integerText(s string) string {
	if !strings.ContainsAny(s, ".eE") {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return s
	}
	return strconv.FormatInt(int64(f), 10)
}

func modelNumbers(e Element, values []modelValue) (Element, error) {
	floats := e.VR == FL || e.VR == FD || e.VR == OF || e.VR == OD
	fs := make([]float64, 0, len(values))
	for _, v := range values {
		if v.item != nil {
			return e, fmt.Errorf("item in a value of %v: %w", e.VR, ErrModel)
		}
		if floats {
			f, err := strconv.ParseFloat(v.text, 64)
			if err != nil && !math.IsInf(f, 0) {
				return e, fmt.Errorf("%.40q: %w", v.text, ErrNotNumeric)
			}
			fs = append(fs, f)
			continue
		}
		n, err := modelInt(v.text, e.VR)
		if err != nil {
			return e, err
		}
		e.Value = e.VR.appendInt(e.Value, n)
	}
	if floats {
		return NewFloats(e.Tag, e.VR, fs...)
	}
	return e, nil
}

// modelInt reads a whole number and makes sure that it fits vr.
func modelInt(s string, vr VR) (int64, error) {
	switch vr {
	case AT:
		if t, ok := ParseTagNumber(s); ok {
			return int64(t), nil
		}
		return 0, fmt.Errorf("%.40q: %w", s, ErrNotNumeric)
	case UV, OV:
		if n, err := strconv.ParseUint(s, 10, 64); err == nil {
			return int64(n), nil
		}
	}
	n, err := strconv.ParseInt(integerText(s), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q: %w", s, ErrNotNumeric)
	}
	if !vr.fits(n) {
		return 0, fmt.Errorf("%d as %v: %w", n, vr, ErrOutOfRange)
	}
	return n, nil
}

// modelTag reads the tag of an element: 8 hexadecimal digits, or a keyword.
func modelTag(s string) (Tag, error) {
	if t, ok := ParseTag(s); ok {
		return t, nil
	}
	return 0, fmt.Errorf("%.40q is no tag: %w", s, ErrModel)
}
