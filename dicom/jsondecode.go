package dicom

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrJSON tells that a text is not of the DICOM JSON model.
var ErrJSON = errors.New("not of the DICOM JSON model")

// ParseJSONOptions tells how [ParseJSON] gets what is not in the text.
type ParseJSONOptions struct {
	// Bulk reads the value at an address; nil leaves such elements empty. What
	// it returns counts as the value in little endian.
	Bulk func(uri string) ([]byte, error)
}

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
// of the dictionary in use. Text is kept in UTF-8, which (0008,0005) then tells
// when there is any beyond ASCII.
func ParseJSON(data []byte, opt ParseJSONOptions) (*Dataset, error) {
	d, wide, err := parseJSONObject(data, opt, 0)
	if err != nil {
		return nil, fmt.Errorf("parse JSON: %w", err)
	}
	if wide || d.String(SpecificCharacterSet) != "" {
		d.SetString(SpecificCharacterSet, "ISO_IR 192")
	}
	return d, nil
}

// ParseJSONArray reads an array of data sets, or a single one.
func ParseJSONArray(data []byte, opt ParseJSONOptions) ([]*Dataset, error) {
	var raw []json.RawMessage
	if json.Unmarshal(data, &raw) != nil {
		raw = []json.RawMessage{data}
	}
	out := make([]*Dataset, 0, len(raw))
	for _, r := range raw {
		d, err := ParseJSON(r, opt)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

type jsonElement struct {
	VR           string            `json:"vr"`
	Value        []json.RawMessage `json:"Value"`
	InlineBinary *string           `json:"InlineBinary"`
	BulkDataURI  *string           `json:"BulkDataURI"`
}

// parseJSONObject reads one object; wide tells that it has text beyond ASCII.
func parseJSONObject(data []byte, opt ParseJSONOptions, depth int) (d *Dataset, wide bool, err error) {
	if depth >= MaxDepth {
		return nil, false, ErrTooDeep
	}
	var fields map[string]jsonElement
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	d = NewDataset(len(fields))
	for key, field := range fields {
		t, ok := ParseTag(key)
		if !ok {
			if t, ok = CurrentDictionary().Tag(key); !ok {
				return nil, false, fmt.Errorf("key %q: %w", key, ErrJSON)
			}
		}
		e, w, err := field.element(t, opt, depth)
		if err != nil {
			return nil, false, fmt.Errorf("element (%v): %w", t, err)
		}
		wide = wide || w
		d.elems = append(d.elems, e)
	}
	d.elems = sortElements(d.elems)
	return d, wide, nil
}

func (j *jsonElement) element(t Tag, opt ParseJSONOptions, depth int) (e Element, wide bool, err error) {
	vr := ParseVR(j.VR)
	if !vr.plausible() {
		vr = CurrentDictionary().VR(t)
	}
	e = Element{Tag: t, VR: vr}
	switch {
	case j.InlineBinary != nil:
		e.Value, err = base64.StdEncoding.DecodeString(*j.InlineBinary)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrJSON, err)
		}
	case j.BulkDataURI != nil && opt.Bulk != nil:
		e.Value, err = opt.Bulk(*j.BulkDataURI)
	case j.BulkDataURI != nil || len(j.Value) == 0:
	case vr == SQ:
		e.Items = make([]*Dataset, len(j.Value))
		for i, raw := range j.Value {
			var w bool
			if e.Items[i], w, err = parseJSONObject(raw, opt, depth+1); err != nil {
				return e, false, err
			}
			wide = wide || w
		}
	case vr.IsText():
		e, err = j.text(t, vr)
		wide = !isASCII(e.Value)
	default:
		e, err = j.numbers(t, vr)
	}
	if len(e.Value)%2 == 1 {
		e.Value = append(e.Value, vr.Pad())
	}
	return e, wide, err
}

func (j *jsonElement) text(t Tag, vr VR) (Element, error) {
	parts := make([]string, len(j.Value))
	for i, raw := range j.Value {
		var err error
		if parts[i], err = jsonText(raw, vr); err != nil {
			return Element{}, err
		}
	}
	return NewText(t, vr, strings.Join(parts, `\`)), nil
}

func jsonText(raw json.RawMessage, vr VR) (string, error) {
	switch {
	case string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		if err != nil || !utf8.ValidString(s) {
			return "", ErrJSON
		}
		return s, nil
	case raw[0] == '{' && vr == PN:
		var name map[string]string
		if err := json.Unmarshal(raw, &name); err != nil {
			return "", fmt.Errorf("%w: %w", ErrJSON, err)
		}
		s := name[nameGroups[0]] + "=" + name[nameGroups[1]] + "=" + name[nameGroups[2]]
		return strings.TrimRight(s, "="), nil
	case raw[0] == '{' || raw[0] == '[':
		return "", ErrJSON
	}
	return string(raw), nil
}

func (j *jsonElement) numbers(t Tag, vr VR) (Element, error) {
	var ns []int64
	var fs []float64
	for _, raw := range j.Value {
		s, err := jsonText(raw, vr)
		if err != nil {
			return Element{}, err
		}
		switch vr {
		case FL, FD, OF, OD:
			f, err := strconv.ParseFloat(s, 64)
			if err != nil && !math.IsInf(f, 0) {
				return Element{}, fmt.Errorf("%q: %w", s, ErrNotNumeric)
			}
			fs = append(fs, f)
		default:
			n, err := jsonInt(s, vr)
			if err != nil {
				return Element{}, err
			}
			ns = append(ns, n)
		}
	}
	if fs != nil {
		return NewFloats(t, vr, fs...)
	}
	if vr == UV {
		e := Element{Tag: t, VR: vr}
		for _, n := range ns {
			e.Value = vr.appendInt(e.Value, n)
		}
		return e, nil
	}
	return NewInts(t, vr, ns...)
}

func jsonInt(s string, vr VR) (int64, error) {
	switch vr {
	case AT:
		if t, ok := ParseTag(s); ok {
			return int64(t), nil
		}
	case UV:
		if n, err := strconv.ParseUint(s, 10, 64); err == nil {
			return int64(n), nil
		}
	default:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, nil
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<62 {
			return int64(f), nil
		}
	}
	return 0, fmt.Errorf("%q: %w", s, ErrNotNumeric)
}
