package dicomweb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"conquest/dicom"
)

// serveStore takes objects in (PS3.18 section 10.5).
func (h *handler) serveStore(w *answer, r *http.Request) error {
	if !h.opt.MayStore(r) {
		return refuse(http.StatusForbidden, "objects may not be stored by this caller")
	}
	kind, err := bestOffer(r, []media{asJSON, asXML, asXMLParts})
	if err != nil {
		return err
	}
	out := &storing{h: h, study: r.PathValue("study")}
	ct := parseContentType(r.Header.Get("Content-Type"))
	switch {
	case ct.kind == kindObject:
		err = out.single(r.Context(), r.Body)
	case ct.kind != "multipart/related":
		return refuse(http.StatusUnsupportedMediaType, "objects come as multipart/related of application/dicom, or one as application/dicom")
	case ct.part != "" && ct.part != kindObject && ct.part != kindJSON && ct.part != kindXML:
		return refuse(http.StatusUnsupportedMediaType, "parts come as application/dicom, application/dicom+json or application/dicom+xml")
	case ct.boundary == "" || len(ct.boundary) > maxBoundary || strings.ContainsAny(ct.boundary, "\r\n"):
		return refuse(http.StatusBadRequest, "the Content-Type has no boundary of 1 to 70 characters")
	case ct.part == kindJSON || ct.part == kindXML:
		err = out.models(r.Context(), newBodyParts(r.Body, ct.boundary), ct.part)
	default:
		err = out.parts(r.Context(), newBodyParts(r.Body, ct.boundary))
	}
	if err != nil {
		err = out.broken(err)
	}
	if err != nil {
		return err
	}
	for _, o := range out.outcomes {
		if o.err == nil {
			counted(r.Context(), 1)
		}
	}
	return out.answer(w, r, kind)
}

// outcome is what became of one object.
type outcome struct {
	ref     Ref
	class   string
	coerced bool
	err     error // nil: it is kept
}

func (o *outcome) reason() uint16 {
	var failed *StoreError
	switch {
	case errors.As(o.err, &failed):
		return failed.Reason
	case errors.Is(o.err, ErrBusy):
		return reasonResources
	}
	return reasonProcessing
}

// storing is a store request under way.
type storing struct {
	h        *handler
	study    string // of the address
	outcomes []outcome
	cutOff   error // the body ended too early
}

// broken turns an error of the body into the answer: what was kept before is told
// all the same.
func (s *storing) broken(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		if len(s.outcomes) == 0 {
			return refuse(http.StatusRequestEntityTooLarge, "the request is larger than %d bytes", tooLarge.Limit)
		}
		s.cutOff = err
		return nil
	case errors.Is(err, errEnds), errors.Is(err, errHeaders), errors.Is(err, io.ErrUnexpectedEOF):
		if len(s.outcomes) == 0 {
			return refuse(http.StatusBadRequest, "the body is no complete multipart message: %v", err)
		}
		s.cutOff = err
		return nil
	}
	return err
}

// single takes one object without multipart around it.
func (s *storing) single(ctx context.Context, body io.Reader) error {
	f, err := s.h.receivePart10(ctx, body)
	return s.took(ctx, f, err)
}

// parts takes objects, each a Part 10 file.
func (s *storing) parts(ctx context.Context, body *bodyParts) error {
	pipe := newPipeline(s)
	err := pipe.fill(ctx, body)
	if err == nil && len(s.outcomes) == 0 {
		return refuse(http.StatusBadRequest, "the body has no parts")
	}
	return err
}

// stopped tells whether an error is one of the connection, after which nothing
// comes.
func stopped(err error) bool {
	var failed *StoreError
	return err != nil && !errors.As(err, &failed) && !errors.Is(err, ErrBusy)
}

// took notes an object that came in, and stores it.
func (s *storing) took(ctx context.Context, f *receivedFile, err error) error {
	if stopped(err) {
		return err
	}
	s.outcomes = append(s.outcomes, s.store(ctx, f, err))
	return nil
}

// store stores one object.
func (s *storing) store(ctx context.Context, f *receivedFile, err error) outcome {
	if err != nil {
		return outcome{err: err}
	}
	defer f.discard()
	o := outcome{ref: refOfObject(f.Dataset), class: f.Dataset.String(dicom.SOPClassUID)}
	if o.err = f.check(s.study); o.err != nil {
		return o
	}
	stored, err := s.h.archive.Store(ctx, f.Received)
	if err != nil {
		s.h.opt.Log.Warn("*** object of a web request not stored", "instance", o.ref.Instance, "error", err)
		o.err = err
		return o
	}
	o.coerced = stored.Coerced
	if stored.Ref != (Ref{}) {
		o.ref = stored.Ref
	}
	return o
}

// serveDelete removes a study, series or instance.
func (h *handler) serveDelete(w *answer, r *http.Request) error {
	if !h.opt.MayDelete(r) {
		return refuse(http.StatusForbidden, "nothing may be deleted by this caller; DICOMwebDelete = 1 of dicom.ini allows it")
	}
	if err := h.archive.Delete(r.Context(), refOf(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
