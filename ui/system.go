package ui

import (
	"net/http"
	"runtime"

	"conquest/web"
)

// refuse tells that a page is not for this caller.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request) {
	web.Problem(w, r, http.StatusForbidden, "this page is for the administrator; on the server's own machine it is open to all")
}

func (h *Handler) system(w http.ResponseWriter, r *http.Request) {
	s, err := h.site.Status(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, "system", "System", struct {
		Status
		Platform string
	}{s, runtime.GOOS + "/" + runtime.GOARCH})
}
