package dicomweb

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"conquest/dicom"
)

// Tags of the answer to a store (PS3.18 annex I).
const (
	tagReferencedSOPs  dicom.Tag = 0x00081199
	tagFailedSOPs      dicom.Tag = 0x00081198
	tagOtherFailures   dicom.Tag = 0x0008119a
	tagFailureReason   dicom.Tag = 0x00081197
	tagWarningReason   dicom.Tag = 0x00081196
	warningCoerced               = 0xB000
	maxFailureComments           = 20
)

// answer tells what became of the objects.
func (s *storing) answer(w *answer, r *http.Request, kind media) error {
	base := s.h.base(r)
	d := dicom.NewDataset(4)
	var kept, failed, others []*dicom.Dataset
	var studies []string
	busy, warned := false, false
	for i := range s.outcomes {
		o := &s.outcomes[i]
		item := dicom.NewDataset(4)
		if o.class != "" {
			item.Put(dicom.NewText(dicom.ReferencedSOPClassUID, dicom.UI, o.class))
		}
		if o.ref.Instance != "" {
			item.Put(dicom.NewText(dicom.ReferencedSOPInstanceUID, dicom.UI, o.ref.Instance))
		}
		if o.err != nil {
			item.SetUint16(tagFailureReason, o.reason())
			busy = busy || o.reason()>>8 == reasonResources>>8
			if o.ref.Instance == "" || o.class == "" {
				others = append(others, item)
			} else {
				failed = append(failed, item)
			}
			continue
		}
		item.Put(dicom.NewText(tagRetrieveURL, dicom.UR, urlOf(base, o.ref)))
		if o.coerced {
			warned = true
			item.SetUint16(tagWarningReason, warningCoerced)
		}
		if len(studies) == 0 || studies[len(studies)-1] != o.ref.Study {
			studies = append(studies, o.ref.Study)
		}
		kept = append(kept, item)
	}
	if len(studies) > 0 && same(studies) {
		d.Put(dicom.NewText(tagRetrieveURL, dicom.UR, urlOf(base, Ref{Study: studies[0]})))
	}
	put := func(t dicom.Tag, items []*dicom.Dataset) {
		if len(items) > 0 {
			d.SetItems(t, items...)
		}
	}
	put(tagFailedSOPs, failed)
	put(tagReferencedSOPs, kept)
	put(tagOtherFailures, others)
	bad := len(failed)+len(others) > 0 || s.cutOff != nil
	status := http.StatusOK
	switch {
	case len(kept) == 0 && busy:
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", retrySeconds)
	case len(kept) == 0 && len(failed) == 0:
		status = http.StatusBadRequest
	case len(kept) == 0:
		status = http.StatusConflict
	case bad || warned:
		status = http.StatusAccepted
	}
	s.tellReasons(w)
	return sendModel(w, d, kind, status, askedJSON(r))
}

func same(list []string) bool {
	for _, s := range list {
		if s != list[0] {
			return false
		}
	}
	return true
}

// tellReasons puts the words for failures into Warning headers.
func (s *storing) tellReasons(w *answer) {
	n := 0
	for i := range s.outcomes {
		o := &s.outcomes[i]
		if o.err == nil || n == maxFailureComments {
			continue
		}
		n++
		_, words := statusOf(o.err)
		if failure := (*StoreError)(nil); errors.As(o.err, &failure) {
			words = failure.Error()
		}
		addWarning(w.Header(), strings.TrimSpace(o.ref.Instance+" "+words))
	}
	if s.cutOff != nil {
		addWarning(w.Header(), "the request was not read to its end: "+s.cutOff.Error())
	}
}

// sendModel answers with one data set.
func sendModel(w *answer, d *dicom.Dataset, kind media, status int, plainJSON bool) error {
	var b bytes.Buffer
	name := kind.kind
	if kind.kind == kindJSON {
		if plainJSON {
			name = "application/json"
		}
		if err := dicom.EncodeJSON(&b, d, dicom.JSONOptions{}); err != nil {
			return err
		}
	} else if err := dicom.EncodeXML(&b, d, dicom.JSONOptions{}); err != nil {
		return err
	}
	if kind.multipart {
		p := newParts(w, kind.kind)
		p.status = status
		if err := p.write(name, "", b.Bytes()); err != nil {
			return err
		}
		return p.end()
	}
	w.Header().Set("Content-Type", name)
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}
