package ui

import (
	"encoding/json"
	"net/http"
	"time"
)

func (h *Handler) aes(w http.ResponseWriter, r *http.Request) {
	list, err := h.site.AEs()
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, r, "aes", "AE map", list)
}

// echo tells as JSON whether an AE answers, and how quickly.
func (h *Handler) echo(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	err := h.site.Echo(r.Context(), r.PathValue("ae"))
	answer := struct {
		OK    bool   `json:"ok"`
		Error string `json:"error,omitempty"`
		MS    int64  `json:"ms"`
	}{OK: err == nil, MS: time.Since(begun).Milliseconds()}
	if err != nil {
		answer.Error = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		return // the caller is gone
	}
}
