package dicom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// UnmarshalJSON reads the DICOM JSON model; values at addresses are left empty.
func (d *Dataset) UnmarshalJSON(data []byte) error {
	got, err := ParseJSON(data, ParseJSONOptions{})
	if err == nil {
		*d = *got
	}
	return err
}

// ParseJSON reads one data set of the DICOM JSON model (PS3.18 annex F). Keys
// are tags of 8 hexadecimal digits or keywords. An element without "vr" gets that
// of the dictionary in use; numbers may be told as strings. Text is kept in
// UTF-8, which (0008,0005) then tells when there is text beyond ASCII. Anything else is [ErrModel], a number that does not fit [ErrOutOfRange]
// or [ErrNotNumeric].
func ParseJSON(data []byte, opt ParseJSONOptions) (*Dataset, error) {
	j := NewJSONDecoder(bytes.NewReader(data), opt)
	d, err := j.Next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("parse JSON: %w", ErrModel)
	}
	if err != nil {
		return nil, err
	}
	if _, err := j.Next(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("parse JSON: more than one data set: %w", ErrModel)
	}
	return d, nil
}

// ParseJSONArray reads an array of data sets, or a single one.
func ParseJSONArray(data []byte, opt ParseJSONOptions) ([]*Dataset, error) {
	j := NewJSONDecoder(bytes.NewReader(data), opt)
	out := []*Dataset{}
	for {
		d, err := j.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
}

// JSONDecoder reads data sets of the DICOM JSON model one by one: the elements of
// an array, or objects behind each other.
type JSONDecoder struct {
	modelBuilder
	dec   *json.Decoder
	array bool
}

// NewJSONDecoder reads from r, which should be limited to what may be held in
// memory.
func NewJSONDecoder(r io.Reader, opt ParseJSONOptions) *JSONDecoder {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	return &JSONDecoder{modelBuilder: modelBuilder{opt: opt, path: make(Path, 0, 8)}, dec: dec}
}

// Next is the next data set, [io.EOF] at the end. After another error there is
// no going on.
func (j *JSONDecoder) Next() (*Dataset, error) {
	d, err := j.next()
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("parse JSON at byte %d: %w", j.dec.InputOffset(), err)
	}
	return d, err
}

func (j *JSONDecoder) next() (*Dataset, error) {
	for {
		tok, err := j.dec.Token()
		switch {
		case errors.Is(err, io.EOF) && !j.array:
			return nil, io.EOF
		case err != nil:
			return nil, jsonError(err)
		}
		switch {
		case tok == json.Delim('[') && !j.array:
			j.array = true
		case tok == json.Delim(']') && j.array:
			j.array = false
		case tok == json.Delim('{'):
			return j.whole()
		default:
			return nil, fmt.Errorf("%.40q instead of a data set: %w", fmt.Sprint(tok), ErrModel)
		}
	}
}

// jsonError is what the tokenizer says; the end of the text within a data set is
// an error like others.
func jsonError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("text ends within a data set: %w", ErrModel)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	return err
}

// whole reads a data set of the top level, behind its brace.
func (j *JSONDecoder) whole() (*Dataset, error) {
	j.path, j.wide = j.path[:0], false
	d := new(Dataset)
	err := j.object(d, 0, "")
	if err != nil {
		return nil, err
	}
	j.finish(d)
	return d, nil
}

func (j *JSONDecoder) token() (json.Token, error) {
	tok, err := j.dec.Token()
	if err != nil {
		return nil, jsonError(err)
	}
	return tok, nil
}

// object reads the elements of a data set up to its closing brace; key, when not
// empty, is the first key, which was read before.
func (j *JSONDecoder) object(d *Dataset, item int, key string) error {
	if err := j.enter(item); err != nil {
		return err
	}
	defer j.leave()
	for {
		if key == "" {
			tok, err := j.token()
			if err != nil {
				return err
			}
			if tok == json.Delim('}') {
				d.elems = sortElements(d.elems)
				return nil
			}
			key, _ = tok.(string) // keys are strings
		}
		t, err := modelTag(key)
		if err != nil {
			return err
		}
		j.at(t)
		e, err := j.attribute(t)
		if err != nil {
			return fmt.Errorf("element (%v): %w", t, err)
		}
		if !t.IsGroupLength() {
			d.elems = append(d.elems, e)
		}
		key = ""
	}
}

// attribute reads the object that tells one element.
func (j *JSONDecoder) attribute(t Tag) (Element, error) {
	m := modelElement{tag: t}
	if err := j.expect('{'); err != nil {
		return Element{}, err
	}
	for {
		tok, err := j.token()
		if err != nil {
			return Element{}, err
		}
		if tok == json.Delim('}') {
			return j.element(&m)
		}
		switch tok {
		case "vr":
			var vr string
			vr, err = j.string()
			m.vr = ParseVR(vr)
		case "Value":
			m.values, err = j.values()
		case "InlineBinary":
			m.inline, err = j.string()
			m.binary = m.inline != ""
		case "BulkDataURI":
			m.uri, err = j.string()
		default:
			err = j.skip()
		}
		if err != nil {
			return Element{}, err
		}
	}
}

func (j *JSONDecoder) expect(d json.Delim) error {
	tok, err := j.token()
	if err == nil && tok != d {
		err = fmt.Errorf("%.40q instead of %q: %w", fmt.Sprint(tok), rune(d), ErrModel)
	}
	return err
}

// string reads a string; null is an empty one.
func (j *JSONDecoder) string() (string, error) {
	tok, err := j.token()
	if err != nil || tok == nil {
		return "", err
	}
	s, ok := tok.(string)
	if !ok {
		return "", fmt.Errorf("%.40q instead of a string: %w", fmt.Sprint(tok), ErrModel)
	}
	return s, nil
}

// skip passes over one value of any kind.
func (j *JSONDecoder) skip() error {
	for depth := 0; ; {
		tok, err := j.token()
		if err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// values reads the array of values.
func (j *JSONDecoder) values() ([]modelValue, error) {
	tok, err := j.token()
	if err != nil || tok == nil {
		return nil, err
	}
	if tok != json.Delim('[') {
		return nil, fmt.Errorf("value that is no array: %w", ErrModel)
	}
	var out []modelValue
	for {
		tok, err := j.token()
		if err != nil {
			return nil, err
		}
		v := modelValue{}
		switch tok := tok.(type) {
		case nil:
		case string:
			v.text = tok
		case json.Number:
			v.text, v.number = tok.String(), true
		case json.Delim:
			if tok == ']' {
				return out, nil
			}
			if tok != '{' {
				return nil, fmt.Errorf("array within an array: %w", ErrModel)
			}
			if v, err = j.objectValue(len(out)); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%v as a value: %w", tok, ErrModel)
		}
		if err := j.use(modelValueCost); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

// objectValue reads an item, or a person's name, which its keys show.
func (j *JSONDecoder) objectValue(item int) (modelValue, error) {
	tok, err := j.token()
	if err != nil {
		return modelValue{}, err
	}
	if tok == json.Delim('}') {
		return modelValue{item: new(Dataset)}, nil
	}
	key, _ := tok.(string) // keys are strings
	if nameGroup(key) >= 0 {
		return j.nameValue(key)
	}
	d := new(Dataset)
	err = j.object(d, item, key)
	return modelValue{item: d}, err
}

func nameGroup(key string) int {
	for i, g := range nameGroups {
		if g == key {
			return i
		}
	}
	return -1
}

func (j *JSONDecoder) nameValue(key string) (modelValue, error) {
	var groups [len(nameGroups)]string
	for {
		i := nameGroup(key)
		if i < 0 {
			return modelValue{}, fmt.Errorf("%.40q in a name: %w", key, ErrModel)
		}
		var err error
		if groups[i], err = j.string(); err != nil {
			return modelValue{}, err
		}
		tok, err := j.token()
		if err != nil {
			return modelValue{}, err
		}
		if tok == json.Delim('}') {
			return modelValue{text: strings.TrimRight(strings.Join(groups[:], "="), "=")}, nil
		}
		key, _ = tok.(string)
	}
}
