package dicomweb

import (
	"bytes"

	"conquest/dicom"
)

// modelWriter writes data sets as a JSON array or as parts of XML.
type modelWriter struct {
	w     *answer
	kind  media
	name  string
	buf   []byte
	n     int
	parts *parts
	opt   dicom.JSONOptions
}

const modelPiece = 32 << 10

// newModelWriter begins an answer; plainJSON names it application/json.
func newModelWriter(w *answer, kind media, plainJSON bool) *modelWriter {
	m := &modelWriter{w: w, kind: kind, name: kind.kind}
	switch {
	case kind.multipart:
		m.parts = newParts(w, kind.kind)
	case plainJSON:
		m.name = "application/json"
	}
	return m
}

func (m *modelWriter) start() {
	if m.parts == nil && !m.w.begun {
		m.w.Header().Set("Content-Type", m.name)
	}
}

// write adds a data set; location is its address, for XML.
func (m *modelWriter) write(d *dicom.Dataset, location string) error {
	if m.parts != nil {
		var b bytes.Buffer
		if err := dicom.EncodeXML(&b, d, m.opt); err != nil {
			return err
		}
		return m.parts.write(m.name, location, b.Bytes())
	}
	var err error
	if m.buf, err = dicom.AppendJSON(m.separator(), d, m.opt); err != nil {
		return err
	}
	return m.flush(modelPiece)
}

func (m *modelWriter) separator() []byte {
	m.start()
	m.n++
	if m.n == 1 {
		return append(m.buf, '[')
	}
	return append(m.buf, ',')
}

func (m *modelWriter) flush(from int) error {
	if len(m.buf) < from {
		return nil
	}
	_, err := m.w.Write(m.buf)
	m.buf = m.buf[:0]
	return err
}

func (m *modelWriter) end() error {
	if m.parts != nil {
		if m.parts.n == 0 {
			m.parts.begin(0)
		}
		return m.parts.end()
	}
	m.start()
	if m.n == 0 {
		m.buf = append(m.buf, '[')
	}
	m.buf = append(m.buf, ']')
	return m.flush(0)
}
