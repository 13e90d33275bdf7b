package dicomweb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"conquest/dicom"
	"conquest/pixel"
)

// maxModels bounds the text of data sets in JSON or XML of one request, in bytes.
const maxModels = 32 << 20

// modelParts are the parts of a request with data sets as text: the texts, and
// bulk data in a file.
type modelParts struct {
	kind   string
	texts  [][]byte
	size   int
	file   *os.File
	at     int64
	values map[string][]bulkPart
}

// bulkPart is a part with bulk data, or with one frame.
type bulkPart struct {
	offset, length int64
	ct             contentType
}

// models takes objects whose data sets are JSON or XML, with bulk data in parts
// of their own (PS3.18 section 10.5.1.2).
func (s *storing) models(ctx context.Context, body *bodyParts, kind string) error {
	m := &modelParts{kind: kind, values: map[string][]bulkPart{}}
	defer m.close()
	for {
		part, err := body.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = m.take(ctx, s.h.Service, part)
		}
		if err != nil {
			return err
		}
	}
	if len(m.texts) == 0 {
		return refuse(400, "the body has no part with a data set")
	}
	sets, err := m.parse()
	if err != nil {
		s.outcomes = append(s.outcomes, outcome{err: notUnderstood("the data sets can not be read: %w", err)})
		return nil
	}
	for _, d := range sets {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := &receivedFile{Received: &Received{Dataset: d}}
		if err := frameFragments(d); err != nil {
			s.outcomes = append(s.outcomes, outcome{ref: refOfObject(d), class: d.String(dicom.SOPClassUID), err: err})
			continue
		}
		s.outcomes = append(s.outcomes, s.store(ctx, f, nil))
	}
	return nil
}

func (m *modelParts) close() {
	if m.file != nil {
		m.file.Close()
		os.Remove(m.file.Name())
	}
}

// take reads a part.
func (m *modelParts) take(ctx context.Context, s *Service, part *bodyPart) error {
	ct := parseContentType(part.header["content-type"])
	if ct.kind == m.kind || ct.kind == "" && part.header["content-location"] == "" {
		text, err := io.ReadAll(io.LimitReader(part, int64(maxModels-m.size)+1))
		if m.size += len(text); m.size > maxModels {
			return refuse(413, "the data sets are more than %d bytes of text", maxModels)
		}
		m.texts = append(m.texts, text)
		return err
	}
	if m.file == nil {
		spool, err := s.archive.Spool(ctx, nil, dicom.TransferSyntax{})
		if err != nil {
			return err
		}
		m.file = spool.File
	}
	if _, err := m.file.Seek(m.at, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(m.file, part)
	location := part.header["content-location"]
	m.values[location] = append(m.values[location], bulkPart{m.at, n, ct})
	m.at += n
	return err
}

// parse reads the texts, with the values that they name.
func (m *modelParts) parse() ([]*dicom.Dataset, error) {
	var sets []*dicom.Dataset
	for _, text := range m.texts {
		syntax := dicom.ExplicitLittleEndian
		opt := dicom.ParseJSONOptions{Bulk: func(_ dicom.Path, e *dicom.Element, uri string) error {
			used, err := m.value(e, uri)
			if used != "" {
				syntax = used
			}
			return err
		}}
		if m.kind == kindXML {
			d, err := dicom.ParseXML(bytes.NewReader(text), opt)
			if err != nil {
				return nil, err
			}
			d.SetTransferSyntax(syntax)
			sets = append(sets, d)
			continue
		}
		dec := dicom.NewJSONDecoder(bytes.NewReader(text), opt)
		for {
			syntax = dicom.ExplicitLittleEndian
			d, err := dec.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			d.SetTransferSyntax(syntax)
			sets = append(sets, d)
		}
	}
	return sets, nil
}

// value puts the bulk data of an address into e, and tells the transfer syntax
// that they are in when it is a compressed one.
func (m *modelParts) value(e *dicom.Element, uri string) (syntax string, err error) {
	list := m.find(uri)
	if len(list) == 0 {
		return "", fmt.Errorf("no part has the Content-Location %.80q", uri)
	}
	at := func(p bulkPart) *dicom.Bulk {
		return &dicom.Bulk{Source: m.file, Offset: p.offset, Length: p.length, WordSize: e.VR.WordSize()}
	}
	ts, _ := dicom.LookupTransferSyntax(list[0].ct.syntax)
	compressed := list[0].ct.syntax != "" && ts.Encapsulated || strings.HasPrefix(list[0].ct.kind, "image/")
	if !compressed {
		e.Bulk = at(list[0])
		return "", nil
	}
	e.VR = dicom.OB
	e.Fragments = &dicom.Fragments{Data: make([][]byte, len(list))}
	for _, p := range list {
		e.Fragments.Bulk = append(e.Fragments.Bulk, at(p))
	}
	if list[0].ct.syntax != "" {
		return list[0].ct.syntax, nil
	}
	return map[string]string{
		"image/jpeg": dicom.JPEGBaseline, "image/jls": dicom.JPEGLSLossless, "image/jp2": dicom.JPEG2000Lossless, "image/jphc": dicom.HTJ2KLossless,
		"image/dicom-rle": dicom.RLELossless,
	}[list[0].ct.kind], nil
}

// find are the parts of an address, which may be told as a whole or by its end.
func (m *modelParts) find(uri string) []bulkPart {
	if list := m.values[uri]; list != nil {
		return list
	}
	for location, list := range m.values {
		if location != "" && (strings.HasSuffix(uri, "/"+strings.TrimPrefix(location, "/")) || strings.HasSuffix(location, "/"+strings.TrimPrefix(uri, "/"))) {
			return list
		}
	}
	return nil
}

// frameFragments makes frames of odd length even, and refuses pixel data with
// more frames than parts.
func frameFragments(d *dicom.Dataset) error {
	e := d.Get(dicom.PixelData)
	if e == nil || e.Fragments == nil {
		return nil
	}
	m, err := pixel.ReadModule(d)
	if err != nil {
		return notUnderstood("the attributes of the image make no sense: %w", err)
	}
	f := e.Fragments
	if f.Len() != m.Frames {
		return notUnderstood("%d frames, and %d parts with frames", m.Frames, f.Len())
	}
	odd := false
	for _, b := range f.Bulk {
		odd = odd || b.Length%2 == 1
	}
	if !odd {
		return nil
	}
	for i, b := range f.Bulk {
		data, err := b.Bytes()
		if err != nil {
			return &StoreError{Reason: reasonResources, Err: err}
		}
		if len(data)%2 == 1 {
			data = append(data, 0)
		}
		f.Data[i] = data
	}
	f.Bulk = nil
	return nil
}
