package compat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"conquest/dicom"
)

// legacy answers searches and metadata in the shape of the original's JSON
// (docs/original/web.md 4.2), for pages that were written for it.
type legacy struct{ inner http.Handler }

func (l *legacy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		l.inner.ServeHTTP(w, r)
		return
	}
	held := &heldJSON{ResponseWriter: w}
	plain := r.Clone(r.Context())
	plain.Header.Del("Accept-Encoding")
	l.inner.ServeHTTP(held, plain)
	if !held.json {
		return
	}
	level := levelOf(r.URL.Path)
	w.Header().Set("Content-Type", "application/json")
	for _, name := range []string{"Content-Length", "Content-Encoding", "ETag"} { // of another text
		w.Header().Del(name)
	}
	w.WriteHeader(http.StatusOK)
	_ = writeLegacy(w, &held.body, level) // a caller that has gone needs no answer
}

// levelOf is the level of a search, "" of metadata.
func levelOf(path string) string {
	switch last := path[strings.LastIndexByte(strings.TrimRight(path, "/"), '/')+1:]; strings.Trim(last, "/") {
	case "patients":
		return "PATIENT"
	case "studies":
		return "STUDY"
	case "series":
		return "SERIES"
	case "instances":
		return "IMAGE"
	}
	return ""
}

// heldJSON holds an answer in JSON back; others pass.
type heldJSON struct {
	http.ResponseWriter
	body    bytes.Buffer
	json    bool
	decided bool
}

func (h *heldJSON) WriteHeader(status int) {
	if h.decided {
		return
	}
	h.decided = true
	kind := h.Header().Get("Content-Type")
	h.json = status == http.StatusOK && (strings.HasPrefix(kind, "application/dicom+json") || strings.HasPrefix(kind, "application/json"))
	if !h.json {
		h.ResponseWriter.WriteHeader(status)
	}
}

func (h *heldJSON) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	if h.json {
		return h.body.Write(b)
	}
	return h.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (h *heldJSON) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// writeLegacy rewrites an array of the DICOM JSON model.
func writeLegacy(w io.Writer, from io.Reader, level string) error {
	dec := dicom.NewJSONDecoder(from, dicom.ParseJSONOptions{})
	out := []byte("[")
	for n := 0; ; n++ {
		d, err := dec.Next()
		if errors.Is(err, io.EOF) {
			_, err = w.Write(append(out, ']'))
			return err
		}
		if err != nil {
			return err
		}
		if n > 0 {
			out = append(out, ',')
		}
		if level != "" {
			d.SetString(dicom.QueryRetrieveLevel, level)
			d.Delete(retrieveURL)
		}
		out = appendLegacy(out, d, true)
		if _, err := w.Write(out); err != nil {
			return err
		}
		out = out[:0]
	}
}

const retrieveURL dicom.Tag = 0x00081190

func appendLegacy(out []byte, d *dicom.Dataset, top bool) []byte {
	out = append(out, '{')
	first := true
	if top {
		out = append(out, `"00020010": { "vr": "UI", "Value":["1.2.840.10008.1.2"]}`...)
		first = false
	}
	for e := range d.All() {
		value, ok := legacyValue(d, e)
		if !ok {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = fmt.Appendf(out, `"%08X": { "vr": "%s", "Value":[%s]}`, uint32(e.Tag), e.VR, value)
	}
	return append(out, '}')
}

// legacyValue is a value as the original writes it; binary values and addresses are
// left out.
func legacyValue(d *dicom.Dataset, e *dicom.Element) (text []byte, ok bool) {
	switch e.VR {
	case dicom.OB, dicom.OW, dicom.OF, dicom.OD, dicom.OL, dicom.OV, dicom.UN:
		return nil, false
	case dicom.SQ:
		for i, item := range d.Items(e.Tag) {
			if i > 0 {
				text = append(text, ',')
			}
			text = appendLegacy(text, item, false)
		}
		return text, true
	}
	value := textOf(d, e)
	if isNumber(e.VR, value) {
		return []byte(value), true
	}
	quoted, err := json.Marshal(value)
	return quoted, err == nil
}

// textOf is a value as text, several parted by backslashes.
func textOf(d *dicom.Dataset, e *dicom.Element) string {
	var list []string
	switch e.VR {
	case dicom.US, dicom.SS, dicom.UL, dicom.SL, dicom.SV, dicom.UV:
		for _, n := range d.Ints(e.Tag) {
			list = append(list, strconv.FormatInt(n, 10))
		}
	case dicom.FL, dicom.FD:
		for _, n := range d.Floats(e.Tag) {
			list = append(list, strconv.FormatFloat(n, 'g', -1, 64))
		}
	case dicom.AT:
		for _, t := range e.Tags() {
			list = append(list, fmt.Sprintf("%08X", uint32(t)))
		}
	default:
		list = d.Texts(e.Tag)
	}
	return strings.Join(list, `\`)
}

func isNumber(vr dicom.VR, s string) bool {
	switch vr {
	case dicom.IS, dicom.DS, dicom.US, dicom.SS, dicom.UL, dicom.SL, dicom.FL, dicom.FD:
	default:
		return false
	}
	_, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err == nil && !strings.HasPrefix(s, "+") && !strings.ContainsAny(s, "xXnNiI_") && !strings.HasPrefix(s, ".")
}
