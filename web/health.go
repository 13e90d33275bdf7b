package web

import (
	"context"
	"io"
	"net/http"
	"time"
)

// readyTime bounds the checks of one request.
const readyTime = 10 * time.Second

// MountHealth serves /healthz, which tells that the process lives, and /readyz,
// which tells with 503 and one line why it can not work. ready returns nil when
// all is well; its error is shown.
func (s *Server) MountHealth(ready func(context.Context) error) {
	s.Mount("/healthz", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { line(w, r, http.StatusOK, "ok") }))
	s.Mount("/readyz", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTime)
		defer cancel()
		if err := ready(ctx); err != nil {
			line(w, r, http.StatusServiceUnavailable, err.Error())
			return
		}
		line(w, r, http.StatusOK, "ok")
	}))
}

func line(w http.ResponseWriter, r *http.Request, status int, text string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		Problem(w, r, http.StatusMethodNotAllowed, "this address takes GET")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.WriteString(w, text+"\n")
	}
}
