package web

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
)

// Problem answers with a status and its reason: as application/problem+json (RFC
// 9457), or as a short page where the caller prefers HTML. detail is shown to the
// caller; it must not name paths, SQL or stacks.
func Problem(w http.ResponseWriter, r *http.Request, status int, detail string) {
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified", "Content-Disposition"} {
		h.Del(name)
	}
	title := http.StatusText(status)
	if prefersHTML(r.Header.Get("Accept")) {
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			w.Write([]byte("<!doctype html><title>" + html.EscapeString(title) + "</title><h1>" + html.EscapeString(title) + "</h1><p>" + html.EscapeString(detail) + "</p>\n"))
		}
		return
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	body, err := json.Marshal(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
		ID     string `json:"instance,omitempty"`
	}{title, status, detail, RequestID(r.Context())})
	if err == nil {
		w.Write(append(body, '\n'))
	}
}

// prefersHTML tells whether text/html comes first in an Accept header, as
// browsers send it for pages.
func prefersHTML(accept string) bool {
	first, _, _ := strings.Cut(accept, ",")
	first, _, _ = strings.Cut(first, ";")
	return strings.EqualFold(strings.TrimSpace(first), "text/html")
}
