package web

import (
	"net/http"
	"slices"
)

const (
	corsMethods = "GET, HEAD, POST, PUT, DELETE"
	corsHeaders = "Accept, Authorization, Content-Type, Range, If-None-Match, If-Match, X-Requested-With"
	corsExposed = "ETag, Warning, Content-Location, Content-Range, X-Total-Count, X-Request-Id"
)

// crossOrigin sets the headers for origins that may call, answers their
// preflight requests, and refuses changes that a page of another origin asks
// for; true when the request is answered.
func (s *Server) crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	allowed := origin != "" && (slices.Contains(s.opt.Origins, origin) || slices.Contains(s.opt.Origins, "*"))
	if allowed {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", corsMethods)
		h.Set("Access-Control-Allow-Headers", corsHeaders)
		h.Set("Access-Control-Expose-Headers", corsExposed)
		h.Set("Access-Control-Max-Age", "600")
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		w.WriteHeader(http.StatusNoContent)
		return true
	}
	if allowed {
		return false
	}
	if err := s.cross.Check(r); err != nil {
		Problem(w, r, http.StatusForbidden, "a page of another origin may not change anything here; the server's HTTPOrigins lists those that may")
		return true
	}
	return false
}
