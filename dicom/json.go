package dicom

import (
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// JSONOptions tells how [AppendJSON] writes what is not text or number.
type JSONOptions struct {
	// BulkURI gives the address at which a value can be had; "" has it written
	// inline. It is asked for binary values and for encapsulated pixel data,
	// which can not be written inline and are left empty without an address.
	// The path is good during the call.
	BulkURI func(Path, *Element) string
}

// MarshalJSON is d in the DICOM JSON model with all values inline.
func (d *Dataset) MarshalJSON() ([]byte, error) { return AppendJSON(nil, d, JSONOptions{}) }

// EncodeJSON writes what [AppendJSON] appends.
func EncodeJSON(w io.Writer, d *Dataset, opt JSONOptions) error {
	b, err := AppendJSON(nil, d, opt)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// AppendJSON appends d in the DICOM JSON model (PS3.18 annex F) as one object.
// Text is converted to UTF-8, which (0008,0005) then tells. Group 0002 and group
// lengths are left out. IS and DS are numbers where they can be read as such,
// else strings. File-backed values without an address are read.
func AppendJSON(buf []byte, d *Dataset, opt JSONOptions) ([]byte, error) {
	w := jsonWriter{buf: buf, opt: opt, path: make(Path, 0, 8)}
	err := w.dataset(d, Charset{})
	return w.buf, err
}

type jsonWriter struct {
	buf  []byte
	opt  JSONOptions
	path Path
}

func (w *jsonWriter) raw(s string) { w.buf = append(w.buf, s...) }

func (w *jsonWriter) dataset(d *Dataset, charset Charset) error {
	if len(w.path) >= MaxDepth {
		return fmt.Errorf("encode JSON, %v: %w", w.path, ErrTooDeep)
	}
	if d.Has(SpecificCharacterSet) {
		charset = d.Charset()
	}
	w.path = append(w.path, Step{})
	defer func() { w.path = w.path[:len(w.path)-1] }()
	w.raw("{")
	first := true
	for i := range d.elems {
		e := &d.elems[i]
		if e.Tag.IsGroupLength() || e.Tag>>16 == 2 {
			continue
		}
		if !first {
			w.raw(",")
		}
		first = false
		w.path[len(w.path)-1] = Step{Tag: e.Tag, Item: NoItem}
		if err := w.element(e, charset); err != nil {
			return err
		}
	}
	w.raw("}")
	return nil
}

func (w *jsonWriter) element(e *Element, charset Charset) error {
	vr := e.VR
	if e.Items != nil {
		vr = SQ
	} else if !vr.plausible() {
		vr = UN
	}
	w.buf = fmt.Appendf(w.buf, `"%08X":{"vr":"%v"`, uint32(e.Tag), vr)
	var err error
	if !e.IsEmpty() {
		err = w.value(e, vr, charset)
	}
	w.raw("}")
	return err
}

func (w *jsonWriter) value(e *Element, vr VR, charset Charset) error {
	switch {
	case vr == SQ && e.Items != nil:
		return w.items(e, charset)
	case e.Fragments != nil || vr.isBinary():
		return w.binary(e)
	}
	v, err := e.Bytes()
	if err != nil {
		return fmt.Errorf("encode JSON, %v: %w", w.path, err)
	}
	plain := Element{Tag: e.Tag, VR: vr, Value: v}
	w.raw(`,"Value":[`)
	switch {
	case e.Tag == SpecificCharacterSet && vr == CS:
		w.raw(`"ISO_IR 192"`)
	case vr.IsText():
		w.texts(&plain, charset)
	case vr == AT:
		w.list(len(plain.Tags()), func(i int) { w.buf = fmt.Appendf(w.buf, `"%08X"`, uint32(plain.Tags()[i])) })
	case vr == FL || vr == FD:
		fs, _ := plain.Floats() // numbers of a plain value
		bits := 8 * vr.WordSize()
		w.list(len(fs), func(i int) { w.float(fs[i], bits) })
	case vr == UV:
		ns, _ := plain.Ints()
		w.list(len(ns), func(i int) { w.buf = strconv.AppendUint(w.buf, uint64(ns[i]), 10) })
	default:
		ns, _ := plain.Ints()
		w.list(len(ns), func(i int) { w.buf = strconv.AppendInt(w.buf, ns[i], 10) })
	}
	w.raw("]")
	return nil
}

// isBinary tells whether JSON and XML have values of v in base 64.
func (v VR) isBinary() bool {
	switch v {
	case US, SS, UL, SL, FL, FD, SV, UV, AT, SQ:
		return v == SQ
	}
	return !v.IsText()
}

func (w *jsonWriter) list(n int, item func(int)) {
	for i := range n {
		if i > 0 {
			w.raw(",")
		}
		item(i)
	}
}

func (w *jsonWriter) items(e *Element, charset Charset) error {
	w.raw(`,"Value":[`)
	last := len(w.path) - 1
	for i, it := range e.Items {
		if i > 0 {
			w.raw(",")
		}
		w.path[last].Item = i
		if err := w.dataset(it, charset); err != nil {
			return err
		}
	}
	w.raw("]")
	return nil
}

func (w *jsonWriter) binary(e *Element) error {
	if w.opt.BulkURI != nil {
		if uri := w.opt.BulkURI(w.path, e); uri != "" {
			w.raw(`,"BulkDataURI":`)
			w.quoted(uri)
			return nil
		}
	}
	if e.Fragments != nil {
		return nil
	}
	v, err := e.Bytes()
	if err != nil {
		return fmt.Errorf("encode JSON, %v: %w", w.path, err)
	}
	w.raw(`,"InlineBinary":"`)
	w.buf = base64.StdEncoding.AppendEncode(w.buf, v)
	w.raw(`"`)
	return nil
}

// texts writes the values of a text VR.
func (w *jsonWriter) texts(e *Element, charset Charset) {
	s := e.String()
	if e.VR.isConverted() {
		s = charset.Decode([]byte(s))
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	if e.VR.isOneText() {
		w.quoted(s)
		return
	}
	parts := strings.Split(s, `\`)
	w.list(len(parts), func(i int) {
		part := strings.Trim(parts[i], " ")
		switch {
		case part == "":
			w.raw("null")
		case e.VR == PN:
			w.name(part)
		case e.VR == IS || e.VR == DS:
			w.decimal(part)
		default:
			w.quoted(part)
		}
	})
}

// isConverted tells whether the character set of the data set counts for v
// (PS3.5 section 6.1.2.2).
func (v VR) isConverted() bool {
	switch v {
	case LO, LT, PN, SH, ST, UC, UT:
		return true
	}
	return false
}

// isOneText tells whether backslashes are part of the one value.
func (v VR) isOneText() bool { return v == LT || v == ST || v == UT || v == UR }

func (w *jsonWriter) name(s string) {
	w.raw("{")
	first := true
	for i, g := range strings.SplitN(s, "=", 3) {
		if g = strings.Trim(g, " "); g == "" {
			continue
		}
		if !first {
			w.raw(",")
		}
		first = false
		w.quoted(nameGroups[i])
		w.raw(":")
		w.quoted(g)
	}
	w.raw("}")
}

var nameGroups = [...]string{"Alphabetic", "Ideographic", "Phonetic"}

// decimal writes IS and DS as a number, as it stands when JSON knows the form.
func (w *jsonWriter) decimal(s string) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
		w.quoted(s)
	case isJSONNumber(s):
		w.raw(s)
	default:
		w.float(f, 64)
	}
}

func (w *jsonWriter) float(f float64, bits int) {
	switch {
	case math.IsNaN(f):
		w.raw(`"NaN"`)
	case math.IsInf(f, 1):
		w.raw(`"Infinity"`)
	case math.IsInf(f, -1):
		w.raw(`"-Infinity"`)
	default:
		w.buf = strconv.AppendFloat(w.buf, f, 'g', -1, bits)
	}
}

// isJSONNumber tells whether s has the form of RFC 8259 section 6.
func isJSONNumber(s string) bool {
	digits := func() int {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n
	}
	s = strings.TrimPrefix(s, "-")
	zero := strings.HasPrefix(s, "0")
	if n := digits(); n == 0 || zero && n > 1 {
		return false
	}
	if strings.HasPrefix(s, ".") {
		if s = s[1:]; digits() == 0 {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return s == ""
}

// quoted writes s, valid UTF-8, as a JSON string.
func (w *jsonWriter) quoted(s string) {
	w.buf = append(w.buf, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			w.buf = append(w.buf, '\\', c)
		case c == '\n':
			w.raw(`\n`)
		case c == '\r':
			w.raw(`\r`)
		case c == '\t':
			w.raw(`\t`)
		case c < ' ':
			w.buf = fmt.Appendf(w.buf, `\u%04x`, c)
		default:
			w.buf = append(w.buf, c)
		}
	}
	w.buf = append(w.buf, '"')
}
