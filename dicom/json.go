package dicom

import (
	"encoding/base64"
	"fmt"
	"io"
)

// JSONOptions tells how [AppendJSON] and [EncodeXML] write large values.
type JSONOptions struct {
	// BulkURI gives the address at which a value can be had; "" has it written
	// inline. It is asked for binary values, for encapsulated pixel data, which
	// can not be written inline and are left empty without an address, and for
	// other values beyond 64 kB. [IsBulk] is the usual rule, [Path.BulkName] the
	// usual end of an address. The path is good during the call.
	BulkURI func(Path, *Element) string
}

const (
	bulkBinary = 1 << 10  // bytes
	bulkOther  = 64 << 10 // bytes
)

// IsBulk tells whether a value is better read at an address of its own than
// written into JSON or XML: pixel data, binary values beyond 1 kB, others beyond
// 64 kB.
func IsBulk(e *Element) bool {
	switch {
	case e.Items != nil || e.VR == SQ:
		return false
	case e.Fragments != nil || e.Tag == PixelData && !e.IsEmpty():
		return true
	case e.VR.isBinary():
		return e.Length() > bulkBinary
	}
	return e.Length() > bulkOther
}

// MarshalJSON is d in the DICOM JSON model with all values inline.
func (d *Dataset) MarshalJSON() ([]byte, error) { return AppendJSON(nil, d, JSONOptions{}) }

// EncodeJSON writes what [AppendJSON] appends, piece by piece; file-backed binary
// values are copied without being held in memory. After an error w has a part
// of it.
func EncodeJSON(w io.Writer, d *Dataset, opt JSONOptions) error {
	j := jsonWriter{modelWriter: modelWriter{w: w, opt: opt, path: make(Path, 0, 8)}}
	err := j.dataset(d, Charset{})
	if err == nil {
		err = j.flush()
	}
	if err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	return nil
}

// AppendJSON appends d in the DICOM JSON model (PS3.18 annex F) as one object:
// keys ascending, no Value where there is none, null for an empty one among
// several, {} for an empty item. Text is converted to UTF-8, which (0008,0005)
// then tells; LT, ST, UT and UR are one value each. IS and DS are numbers when
// they can be read as such and have at most 15 digits, SV and UV when they are
// below 2^53, else strings. UN of a tag that the dictionary in use knows is
// written as what it is ([Element.Known]). Group 0002 and group lengths are left
// out. File-backed values without an address are read.
func AppendJSON(buf []byte, d *Dataset, opt JSONOptions) ([]byte, error) {
	j := jsonWriter{modelWriter: modelWriter{buf: buf, opt: opt, path: make(Path, 0, 8)}}
	if err := j.dataset(d, Charset{}); err != nil {
		return j.buf, fmt.Errorf("encode JSON: %w", err)
	}
	return j.buf, nil
}

type jsonWriter struct{ modelWriter }

func (j *jsonWriter) dataset(d *Dataset, charset Charset) error {
	if len(j.path) > MaxDepth {
		return fmt.Errorf("%v: %w", j.path, ErrTooDeep)
	}
	if d.Has(SpecificCharacterSet) {
		charset = d.Charset()
	}
	j.path = append(j.path, Step{})
	last := len(j.path) - 1
	j.raw("{")
	first := true
	for i := range d.elems {
		e := &d.elems[i]
		if e.Tag.IsGroupLength() || e.Tag>>16 == 2 {
			continue
		}
		if !first {
			j.raw(",")
		}
		first = false
		j.path[last] = Step{Tag: e.Tag, Item: NoItem}
		if err := j.element(e, charset); err != nil {
			return err
		}
	}
	j.raw("}")
	j.path = j.path[:last]
	return nil
}

func (j *jsonWriter) element(e *Element, charset Charset) error {
	known, vr := j.known(e)
	j.raw(`"`)
	j.buf = appendHex(j.buf, uint32(e.Tag))
	j.raw(`":{"vr":"`)
	j.buf = append(j.buf, byte(vr>>8), byte(vr))
	j.raw(`"`)
	if !known.IsEmpty() {
		if err := j.value(&known, vr, charset); err != nil {
			return fmt.Errorf("%v: %w", j.path, err)
		}
	}
	j.raw("}")
	return j.flushSome()
}

func (j *jsonWriter) value(e *Element, vr VR, charset Charset) error {
	if vr == SQ {
		return j.items(e, charset)
	}
	if uri := j.bulkURI(e, vr); uri != "" {
		j.raw(`,"BulkDataURI":`)
		j.quoted(uri)
		return nil
	}
	switch {
	case e.Fragments != nil:
		return nil
	case vr.isBinary():
		return j.inline(e)
	}
	v, err := e.Bytes()
	if err != nil {
		return err
	}
	plain := Element{Tag: e.Tag, VR: vr, Value: v}
	if vr.IsText() {
		j.texts(&plain, charset)
		return nil
	}
	j.numbers(&plain)
	return nil
}

func (j *jsonWriter) items(e *Element, charset Charset) error {
	if len(e.Items) == 0 {
		return nil
	}
	j.raw(`,"Value":[`)
	last := len(j.path) - 1
	for i, it := range e.Items {
		if i > 0 {
			j.raw(",")
		}
		j.path[last].Item = i
		if it == nil {
			j.raw("{}")
		} else if err := j.dataset(it, charset); err != nil {
			return err
		}
	}
	j.raw("]")
	return nil
}

func (j *jsonWriter) inline(e *Element) error {
	j.raw(`,"InlineBinary":"`)
	if err := j.base64(e); err != nil {
		return err
	}
	j.raw(`"`)
	return nil
}

// modelWriter is what the writers of JSON and of XML have in common: the bytes to
// be written, and the way to the element they are at.
type modelWriter struct {
	w    io.Writer // nil: all stays in buf
	buf  []byte
	opt  JSONOptions
	path Path
}

const modelFlush = 32 << 10

func (m *modelWriter) raw(s string) { m.buf = append(m.buf, s...) }

func (m *modelWriter) flush() error {
	if m.w == nil || len(m.buf) == 0 {
		return nil
	}
	_, err := m.w.Write(m.buf)
	m.buf = m.buf[:0]
	return err
}

func (m *modelWriter) flushSome() error {
	if len(m.buf) < modelFlush {
		return nil
	}
	return m.flush()
}

// known is e as the dictionary knows it, and the VR to be told.
func (m *modelWriter) known(e *Element) (Element, VR) {
	k := *e
	if e.VR == UN || !e.VR.known() {
		k = e.known(CurrentDictionary(), len(m.path))
	}
	switch {
	case k.Items != nil || k.VR == SQ && k.IsEmpty():
		return k, SQ
	case !k.VR.known() || k.VR == SQ:
		return k, UN
	}
	return k, k.VR
}

// bulkURI is the address of e, "" when it is to be written inline.
func (m *modelWriter) bulkURI(e *Element, vr VR) string {
	if m.opt.BulkURI == nil || e.Fragments == nil && !vr.isBinary() && e.Length() <= bulkOther {
		return ""
	}
	return m.opt.BulkURI(m.path, e)
}

// base64 writes the value of e in base 64.
func (m *modelWriter) base64(e *Element) error {
	if e.Bulk == nil {
		m.buf = base64.StdEncoding.AppendEncode(m.buf, e.Value)
		return nil
	}
	if m.w == nil {
		v, err := e.Bytes()
		if err != nil {
			return err
		}
		m.buf = base64.StdEncoding.AppendEncode(m.buf, v)
		return nil
	}
	if err := m.flush(); err != nil {
		return err
	}
	coder := base64.NewEncoder(base64.StdEncoding, m.w)
	n, err := io.Copy(coder, e.Bulk.Reader())
	if err == nil && n != e.Bulk.Length {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("copy value: %w", err)
	}
	return coder.Close()
}

// isBinary tells whether JSON and XML have values of v in base 64.
func (v VR) isBinary() bool {
	switch v {
	case US, SS, UL, SL, FL, FD, SV, UV, AT, SQ:
		return false
	}
	return !v.IsText()
}

// appendHex appends n as 8 hexadecimal digits in upper case.
func appendHex(buf []byte, n uint32) []byte {
	const digits = "0123456789ABCDEF"
	for shift := 28; shift >= 0; shift -= 4 {
		buf = append(buf, digits[n>>shift&15])
	}
	return buf
}
