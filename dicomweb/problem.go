package dicomweb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"conquest/budget"
)

// refusal is an error that is the answer to a request.
type refusal struct {
	status int
	detail string
}

func (e *refusal) Error() string { return e.detail }

func refuse(status int, format string, a ...any) error {
	return &refusal{status, fmt.Sprintf(format, a...)}
}

// statusOf is the status and the words for an error; words of errors that are no
// answer stay here.
func statusOf(err error) (int, string) {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return r.status, r.detail
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound, ErrNotFound.Error()
	case errors.Is(err, ErrGone):
		return http.StatusGone, ErrGone.Error()
	case errors.Is(err, ErrBusy), errors.Is(err, budget.ErrExceeded):
		return http.StatusServiceUnavailable, ErrBusy.Error()
	case errors.Is(err, ErrRefused):
		return http.StatusForbidden, ErrRefused.Error()
	case errors.Is(err, ErrTooWide):
		return http.StatusRequestEntityTooLarge, ErrTooWide.Error()
	}
	return http.StatusInternalServerError, "the server could not do this; its log tells why"
}

// retrySeconds is when another attempt is worth while.
const retrySeconds = "10"

// fail answers with an error, or cuts the answer off when its beginning is gone.
func (s *Service) fail(w *answer, r *http.Request, err error) {
	status, detail := statusOf(err)
	if status == http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		s.opt.Log.Warn("*** web request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if w.begun {
		if r.Context().Err() == nil {
			s.opt.Log.Warn("*** web answer cut off", "path", r.URL.Path, "error", err)
		}
		panic(http.ErrAbortHandler) // a part must not look like the whole
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retrySeconds)
	}
	s.opt.Problem(w, r, status, detail)
}

// plainProblem answers as problem details (RFC 9457).
func plainProblem(w http.ResponseWriter, r *http.Request, status int, detail string) {
	body, err := json.Marshal(map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
	if err != nil {
		body = nil
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// answer notes whether the answer has begun.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(p)
}

// ReadFrom lets files go from disk to network where the system can do that.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	a.begun = true
	return io.Copy(a.ResponseWriter, r)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
